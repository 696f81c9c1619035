"""What Postfix pipes mail to, as the user who runs the tests.

Postfix runs no command as root, and the user that it would run it as may not come to a Python or
a checkout in root's own folder. So it runs a few lines of Perl, which Debian always has. They hand
the mail over through a socket, wait, and end with the exit code that the real command ended with.
"""

import os
import socket
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

_PATIENCE = 60.0
_TEMPORARY = 75  # EX_TEMPFAIL: the mail is tried again
_HANDING = f"""#!/usr/bin/perl
use strict;
use warnings;
use Socket;
socket(my $desk, PF_UNIX, SOCK_STREAM, 0) or exit {_TEMPORARY};
connect($desk, sockaddr_un('SOCKET')) or exit {_TEMPORARY};
binmode STDIN;
binmode $desk;
$SIG{{PIPE}} = 'IGNORE';
select((select($desk), $| = 1)[0]);
print $desk join("\\0", @ARGV), "\\n";
while (read(STDIN, my $part, 65536)) {{ print $desk $part or exit {_TEMPORARY}; }}
shutdown($desk, 1);
my $code = <$desk>;
exit(defined $code && length $code ? $code : {_TEMPORARY});
"""


class Pipe:
    """Runs a command with each mail that comes, until the end of the block.

    ``program`` is what Postfix is to run, with the recipient and the sender. Both are told the
    command too.
    """

    def __init__(self, command: Sequence[str], environ: Mapping[str, str]) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="cstar-pipe-")
        folder = Path(self._folder.name)
        folder.chmod(0o755)
        path, self.program = folder / "pipe", folder / "hand-over"
        self.program.write_text(_HANDING.replace("SOCKET", str(path)), encoding="ascii")
        self.program.chmod(0o755)
        self._command = list(command)
        self._environ = {**os.environ, **environ}
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(path))
        path.chmod(0o666)
        self._socket.listen(64)

    def __enter__(self) -> Self:
        threading.Thread(target=self._take, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self.kill()
        self._folder.cleanup()

    def kill(self) -> None:
        """kill -9 the commands that run; their mails are tried again."""
        with self._lock:
            for each in self._running:
                each.kill()

    def _take(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._hand_on, args=(connection,), daemon=True).start()

    def _hand_on(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as coming:
            connection.settimeout(_PATIENCE)
            try:
                words = coming.readline().rstrip(b"\n").decode().split("\0")
                code = self._run(words, coming.read())
                connection.sendall(str(code).encode())
            except OSError:
                return  # whoever asked is gone, and asks again

    def _run(self, words: Sequence[str], raw: bytes) -> int:
        recipient, sender = words
        command = [*self._command, "--mailbox", recipient, "--sender", sender]
        with self._lock:
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, env=self._environ, stdout=subprocess.DEVNULL
            )
            self._running.add(process)
        try:
            process.communicate(raw, timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
        finally:
            with self._lock:
                self._running.discard(process)
        code = process.wait()
        return code if code >= 0 else _TEMPORARY
