"""A receiver of webhooks that notes what it gets, and behaves badly.

It takes a port, the file of its ledger, a seed and the secrets of the paths that it answers on.
Each line of the ledger is a request: the path, the id, what became of it, a digest of the body and
the number of the attempt. A request is noted before it is answered, in one write, so that what was
answered is in the ledger whenever the receiver is killed.
"""

import json
import os
import random
import sys
import time
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cstar_core import InvalidSignature, verify_signature

TAKEN, REFUSED, FORGED = "taken", "refused", "forged"
_HANGS = 15.0
# How often of a hundred: what is taken at once, late, and without the sender being told; an error,
# a redirect, a connection that is cut, and one that hangs.
_MOODS = {"well": 66, "late": 10, "untold": 6, "500": 9, "302": 4, "cut": 4, "hangs": 1}


class _Server(ThreadingHTTPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, ledger: Path, seed: str, secrets: dict[str, str]) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.secrets = secrets
        self.is_good = seed == "good"
        self.pick = random.Random(seed)
        self._ledger = os.open(ledger, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def note(self, *words: str) -> None:
        """A line of the ledger."""
        os.write(self._ledger, (" ".join(words) + "\n").encode())

    def handle_error(self, *_about: object) -> None:
        """A sender that is killed in the middle is nothing to tell of."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if len(body) < int(self.headers["Content-Length"]):
            return
        mood = self._mood(body)
        if mood == "late":
            time.sleep(self.server.pick.uniform(0.05, 0.5))
        if mood == "hangs":
            time.sleep(_HANGS)
        taken = TAKEN if mood in ("well", "late", "untold") else REFUSED
        self._note(FORGED if mood == "forged" else taken, body)
        if mood in ("untold", "cut", "hangs"):
            self.close_connection = True
            return
        self.send_response({"500": 500, "302": 302, "forged": 400}.get(mood, 200))
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _mood(self, body: bytes) -> str:
        try:
            secret = self.server.secrets[self.path]
            verify_signature(dict(self.headers.items()), body, secret)
        except (InvalidSignature, KeyError):
            return "forged"
        if self.server.is_good:
            return "well"
        return self.server.pick.choices(list(_MOODS), list(_MOODS.values()))[0]

    def _note(self, what: str, body: bytes) -> None:
        id = self.headers.get("X-Event-ID", "-")
        attempt = self.headers.get("X-Delivery-Attempt", "-")
        self.server.note(self.path, id, what, sha256(body).hexdigest(), attempt)

    def log_message(self, *_words: object) -> None:
        """Nothing is told on stderr."""


def main() -> None:
    """Serve until killed."""
    port, ledger, seed, secrets = sys.argv[1:]
    with _Server(int(port), Path(ledger), seed, json.loads(secrets)) as server:
        print(server.server_port, flush=True)
        server.serve_forever(0.05)


if __name__ == "__main__":
    main()
