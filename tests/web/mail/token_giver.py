"""A provider of tokens that gives what a test says, and remembers what it was asked."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

Form = Mapping[str, str]
# A status, and what is said with it: bytes as they are, anything else as JSON.
Said = tuple[int, Any]


@dataclass
class Giver:
    """Answers each form by ``answer``."""

    answer: Callable[[Form], Said]
    url: str = ""
    forms: list[Form] = field(default_factory=list)


def token(access: str = "t1", **more: Any) -> Said:
    """An answer that gives a token."""
    return 200, {"access_token": access, "token_type": "Bearer", "expires_in": 3600, **more}


def refusal(code: str, words: str = "", status: int = 400) -> Said:
    """An answer that gives none."""
    return status, {"error": code, "error_description": words}


@dataclass
class Rotating:
    """Gives refresh tokens for one use each, as strict providers do: a second use ends them."""

    good: str = "r1"
    given: int = 0
    ended: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, form: Form) -> Said:
        with self.lock:
            if self.ended or form["refresh_token"] != self.good:
                self.ended = True
                return refusal("invalid_grant", f"{form['refresh_token']} was used before")
            self.given += 1
            self.good = f"r{self.given + 1}"
            return token(f"t{self.given}", refresh_token=self.good)


@contextmanager
def giving(answer: Callable[[Form], Said] | Said) -> Iterator[Giver]:
    """A provider for the time of the block."""
    giver = Giver(answer if callable(answer) else lambda _form: answer)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
            giver.forms.append(form)
            status, said = giver.answer(form)
            content = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_about: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        giver.url = f"http://127.0.0.1:{server.server_address[1]}/token"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield giver
        finally:
            server.shutdown()
            thread.join(10)
