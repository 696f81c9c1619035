"""nginx and Caddy in front of a real server, on free ports and with a certificate of their own."""

import http.client
import json
import os
import re
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.deploy.samples import FOLDER, NAME, changed, sample
from tests.web.sockets import wait_until

_PATIENCE = 10


@dataclass(frozen=True)
class Proxy:
    """A running proxy: its ports, the certificate that it shows, and how it checks its sample."""

    http: int
    https: int
    certificate: Path
    checking: list[str]

    def check(self) -> subprocess.CompletedProcess[str]:
        """What the program itself says of its configuration."""
        environ = environment(self.certificate.parent)
        return subprocess.run(self.checking, env=environ, capture_output=True, text=True)

    def connect(self, *, name: str = NAME, source: str = "127.0.0.1") -> ssl.SSLSocket:
        """A connection over TLS to whom they call `name`, from an address of this machine."""
        context = ssl.create_default_context(cafile=self.certificate)
        plain = socket.create_connection(
            ("127.0.0.1", self.https), timeout=_PATIENCE, source_address=(source, 0)
        )
        return context.wrap_socket(plain, server_hostname=name)

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: dict[str, str] | None = None,
        source: str = "127.0.0.1",
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        """The status, the headers and the body that are answered."""
        connection = http.client.HTTPConnection(NAME)
        with closing(self.connect(source=source)) as connection.sock:
            sent = body if isinstance(body, bytes | None) else json.dumps(body).encode()
            connection.request(method, path, sent, {"Host": NAME, **(headers or {})})
            with connection.getresponse() as answer:
                return answer.status, answer.headers, answer.read()


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def make_certificate(folder: Path) -> Path:
    """A certificate for the desk's name, and its key beside it."""
    certificate, key = folder / "desk.pem", folder / "desk.key"
    how = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
    how += f" -subj /CN={NAME} -addext"
    subprocess.run(
        [
            "openssl",
            *how.split(),
            f"subjectAltName=DNS:{NAME}",
            "-out",
            certificate,
            "-keyout",
            key,
        ],
        check=True,
        capture_output=True,
    )
    return certificate


def nginx_site(folder: Path, ports: dict[str, int]) -> str:
    live = f"/etc/letsencrypt/live/{NAME}"
    text = re.sub(r"^ *listen \[::\].*\n", "", sample("nginx.conf"), flags=re.MULTILINE)
    return changed(
        text,
        {
            "server 127.0.0.1:8000;": f"server 127.0.0.1:{ports['server']};",
            "listen 80": f"listen 127.0.0.1:{ports['http']}",
            "listen 443": f"listen 127.0.0.1:{ports['https']}",
            f"{live}/fullchain.pem": f"{folder}/desk.pem",
            f"{live}/privkey.pem": f"{folder}/desk.key",
        },
    )


def nginx_command(folder: Path, ports: dict[str, int]) -> list[str]:
    """How nginx is started with the sample, and nothing of this machine's own configuration."""
    (folder / "site.conf").write_text(nginx_site(folder, ports), encoding="utf-8")
    paths = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{each}_temp_path {folder}/{each};\n" for each in paths)
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"{user} daemon off; pid {folder}/nginx.pid; error_log stderr warn;\n"
        f"events {{}}\nhttp {{\n{temporary} access_log off; include {folder}/site.conf;\n}}\n",
        encoding="utf-8",
    )
    return ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"]


def caddy_command(folder: Path, ports: dict[str, int]) -> list[str]:
    text = changed(
        sample("Caddyfile"),
        {
            "\tgrace_period": f"\tadmin off\n\thttp_port {ports['http']}\n\t"
            f"https_port {ports['https']}\n\tstorage file_system {folder}\n\tgrace_period",
            f"{NAME} {{\n": f"{NAME} {{\n\tbind 127.0.0.1\n\t"
            f"tls {folder}/desk.pem {folder}/desk.key\n",
            "reverse_proxy 127.0.0.1:8000": f"reverse_proxy 127.0.0.1:{ports['server']}",
        },
    )
    (folder / "Caddyfile").write_text(text, encoding="utf-8")
    return ["caddy", "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]


def checking(program: str, command: list[str]) -> list[str]:
    """The check that the sample tells an operator to make. Caddy's needs no certificate, so it is
    made of the sample as it is; nginx's is made of what `command` would run."""
    if program == "nginx":
        return [*command, "-t"]
    return ["caddy", "validate", "--adapter", "caddyfile", "--config", str(FOLDER / "Caddyfile")]


COMMANDS: dict[str, Callable[[Path, dict[str, int]], list[str]]] = {
    "nginx": nginx_command,
    "caddy": caddy_command,
}


@contextmanager
def proxying(program: str, folder: Path, server_port: int) -> Iterator[Proxy]:
    """A proxy in front of the server on a port."""
    certificate = make_certificate(folder)
    plain, secure = free_ports(2)
    ports = {"server": server_port, "http": plain, "https": secure}
    command = COMMANDS[program](folder, ports)
    with (folder / "log").open("wb") as log:
        started = subprocess.Popen(
            command, stderr=log, stdout=log, env=environment(folder), cwd=folder
        )
    proxy = Proxy(plain, secure, certificate, checking(program, command))
    try:
        wait_until(lambda: started.poll() is not None or answers(proxy))
        assert started.poll() is None, (folder / "log").read_text()
        yield proxy
    finally:
        started.terminate()
        started.wait(_PATIENCE)


def environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder)}


def answers(proxy: Proxy) -> bool:
    try:
        return proxy.ask("GET", "/healthz")[0] == 200
    except OSError:
        return False
