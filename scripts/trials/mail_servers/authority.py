"""A made-up authority, and the certificate that it gives to the servers."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

NAME = "localhost"


@dataclass(frozen=True)
class Authority:
    """The files of the authority's certificate, and of a server's certificate and key."""

    certificate: Path
    server: Path
    key: Path


def make_authority(folder: Path, name: str = NAME) -> Authority:
    """Make an authority that vouches for a server of this name and for 127.0.0.1."""
    own, own_key = folder / "authority.pem", folder / "authority.key"
    made = Authority(own, folder / "server.pem", folder / "server.key")
    use = ("basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign")
    _certify(own, own_key, "Made-up authority", [*use, "subjectKeyIdentifier=hash"])
    names = [f"subjectAltName=DNS:{name},IP:127.0.0.1", "authorityKeyIdentifier=keyid"]
    _certify(made.server, made.key, name, names, "-CA", str(own), "-CAkey", str(own_key))
    return made


def _certify(
    certificate: Path, key: Path, name: str, extensions: Sequence[str], *signer: str
) -> None:
    how = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
    command = ["openssl", *how.split(), *signer, "-out", str(certificate), "-keyout", str(key)]
    # Without this, what openssl's own configuration adds stands beside it.
    command += ["-config", "/dev/stdin", "-subj", f"/CN={name}"]
    for each in extensions:
        command += ["-addext", each]
    given = b"[req]\ndistinguished_name = names\n[names]\n"
    subprocess.run(command, input=given, check=True, capture_output=True)
