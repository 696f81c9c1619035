"""What is ambiguous, too large or broken off: refused in the envelope, and never half obeyed."""

import contextlib
import json
import re
import socket
import struct
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from scripts.trials.crowd import ask, read_all
from scripts.trials.hostile import CHUNKED, POST, REFUSED
from scripts.trials.section import Failures, Outcome, Section, Trial
from scripts.trials.server import Desk, Server, new_desk, serving

_PLAIN = "scripts.trials.plain"
_STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3}) ")
_NEXT = b"GET /healthz HTTP/1.1\r\nHost: desk.example\r\nConnection: close\r\n\r\n"
_HEALTH = _NEXT.replace(b"Connection: close\r\n", b"")
_MEBIBYTES = 200
_PIPELINED = 100
_RESET = struct.pack("ii", 1, 0)


def run(trial: Trial) -> Sequence[Outcome]:
    """Each kind on the server, and on waitress as it comes."""
    desk = new_desk(trial.folder("desk"))
    with serving(desk) as server, serving(desk, module=_PLAIN) as plain:
        trial.progress.step("edge")
        return [
            _ambiguous(server, plain),
            _oversize(server, plain),
            _foreign(desk, server),
            _pipelined(trial, server),
            _broken_off(trial, server),
        ]


def _ambiguous(server: Server, plain: Server) -> Outcome:
    failures = Failures()
    for name, (request, status, _) in REFUSED.items():
        for line in _wrong(_answer(server, request + _NEXT), status):
            failures.add(f"{name}: {line}")
    answers = [_answer(plain, request + _NEXT, 1.0) for request, _, _ in REFUSED.values()]
    taken = [answer for answer in answers if any(each < b"400" for each in _STATUS.findall(answer))]
    return Outcome(
        "ambiguous and malformed requests",
        len(REFUSED),
        failures.told(),
        "each refused in the envelope, and nothing that came after it was answered",
        f"waitress as it comes: {len(taken)} taken, the others refused without the envelope",
        bites=len(taken) > 0,
    )


def _wrong(answer: bytes, status: int) -> Iterator[str]:
    """What is wrong with a refusal, after which nothing may be answered."""
    found = [int(each) for each in _STATUS.findall(answer)]
    if found != [status]:
        yield f"answered with {found} where {status} was due"
        return
    try:
        body = json.loads(answer.partition(b"\r\n\r\n")[2])
        if body["success"] is not False or not body["error"]["code"]:
            yield "not the envelope of a failure"
    except (ValueError, KeyError, TypeError):
        yield f"not the envelope: {answer[:60]!r}"


def _answer(server: Server, request: bytes, timeout: float = 5.0) -> bytes:
    try:
        return ask(server.port, request, timeout)
    except OSError as error:
        return f"no answer: {error}".encode()


def _oversize(server: Server, plain: Server) -> Outcome:
    """How much of a body of 200 MiB is taken before it is refused."""
    kinds = {
        "Content-Length": (POST + b"Content-Length: %d\r\n\r\n" % (_MEBIBYTES << 20), b""),
        "one chunk": (CHUNKED + b"%x\r\n" % (_MEBIBYTES << 20), b""),
        "many chunks": (CHUNKED, b"10000\r\n"),
    }
    failures, most = Failures(), 0
    for name, (head, frame) in kinds.items():
        sent, answer = _pour(server, head, frame)
        most = max(most, sent)
        if sent > 4 << 20:
            failures.add(f"{name}: took {sent >> 20} MiB")
        for line in _wrong(answer, 413):
            failures.add(f"{name}: {line}")
    taken = _pour(plain, *kinds["Content-Length"])[0]
    return Outcome(
        f"bodies of {_MEBIBYTES} MiB",
        len(kinds),
        failures.told(),
        f"at most {most / 2**20:.1f} MiB sent, with what the sockets hold, before the 413",
        f"waitress as it comes: {taken >> 20} MiB taken",
        bites=taken >= 50 << 20,
    )


def _pour(server: Server, head: bytes, frame: bytes) -> tuple[int, bytes]:
    """Send until there is an answer; how many bytes of a body went, and the answer."""
    block = frame + b" " * 0x10000 + (b"\r\n" if frame else b"")
    sent = 0
    with socket.create_connection(("127.0.0.1", server.port), 10) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 0x20000)
        client.sendall(head)
        answer, rest = b"", memoryview(block)
        client.setblocking(False)
        while not answer and sent < _MEBIBYTES << 20:
            time.sleep(0.001)
            with contextlib.suppress(BlockingIOError):
                # A socket that is nearly full takes a part; the next chunk begins behind the whole.
                number = client.send(rest)
                sent, rest = sent + number, rest[number:] or memoryview(block)
            with contextlib.suppress(BlockingIOError):
                answer = client.recv(65536)
        client.settimeout(10)
        with contextlib.suppress(OSError):
            answer += read_all(client)
    return sent, answer


def _foreign(desk: Desk, open_to_all: Server) -> Outcome:
    """A server that is told its name answers for no other."""
    hosts = ["evil.example", "desk.example.evil.example", "evildesk.example", "127.0.0.1"]
    failures = Failures()
    with serving(desk, "--allowed-hosts", "desk.example") as server:
        for host in hosts:
            for line in _wrong(_answer(server, _docs(host)), 400):
                failures.add(f"{host}: {line}")
        for host in ("desk.example", "Desk.Example:8000"):
            if not _answer(server, _docs(host)).startswith(b"HTTP/1.1 200 "):
                failures.add(f"{host}: not answered")
        if not _answer(server, _NEXT.replace(b"desk", b"evil")).startswith(b"HTTP/1.1 200 "):
            failures.add("/healthz for another host: not answered")
    taken = sum(_answer(open_to_all, _docs(host)).startswith(b"HTTP/1.1 200 ") for host in hosts)
    return Outcome(
        "foreign Host with --allowed-hosts",
        len(hosts) + 3,
        failures.told(),
        "foreign ones refused, its own answered",
        f"a server that was not told: {taken} of {len(hosts)} answered",
        bites=taken == len(hosts),
    )


def _docs(host: str) -> bytes:
    return f"GET /openapi.json HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()


def _pipelined(trial: Trial, server: Server) -> Outcome:
    """Many requests in one piece, with bodies between them: each answered, in order."""
    rounds, failures = trial.amount(3, 50), Failures()
    for number in range(rounds):
        found = _markers(_answer(server, _marked(f"{number}-"), 20.0))
        if found != _expected(f"{number}-"):
            failures.add(f"round {number}: {len(found)} answers, or not in order")
    swapped = _markers(_answer(server, _marked("a-")))
    swapped[:2] = swapped[1::-1]
    return Outcome(
        f"{_PIPELINED} pipelined requests in one piece",
        rounds,
        failures.told(),
        f"{rounds * _PIPELINED:,} requests answered in order",
        f"two answers in the other order: {'found' if swapped != _expected('a-') else 'missed'}",
        bites=swapped != _expected("a-"),
    )


def _marked(prefix: str) -> bytes:
    heads = [_HEALTH] * (_PIPELINED - 1) + [_NEXT]
    return b"".join(
        head.replace(b"Host:", f"X-Request-Id: {prefix}{number}\r\nHost:".encode())
        for number, head in enumerate(heads)
    )


def _markers(answers: bytes) -> list[str]:
    return [each.decode() for each in re.findall(rb"X-Request-Id: (\S+)", answers)]


def _expected(prefix: str) -> list[str]:
    return [f"{prefix}{number}" for number in range(_PIPELINED)]


def _broken_off(trial: Trial, server: Server) -> Outcome:
    """Clients that vanish: nothing of half a request is done, and no connection stays."""
    rounds, pick = trial.amount(50, 2_000), trial.random("edge", "broken off")
    whole = _ticket(server.desk)
    before, held = _count(server), _descriptors(server)
    for number in range(rounds):
        trial.progress.now(f"edge: client {number + 1} of {rounds} vanishes")
        _vanish(server, whole[: pick.randrange(1, len(whole))], reset=number % 2 == 0)
    failures = Failures()
    _settle(server, held)
    if _count(server) != before:
        failures.add(f"{_count(server) - before} tickets were made of half a request")
    if _descriptors(server) > held + 2:
        failures.add(f"{_descriptors(server) - held} descriptors are still open")
    _vanish(server, whole, reset=False)
    _settle(server, held)
    made = _count(server) - before
    return Outcome(
        "clients that vanish in the middle of a request",
        rounds,
        failures.told(),
        f"0 tickets made, {max(0, _descriptors(server) - held)} descriptors left open",
        f"one that vanishes after a whole request: {made} ticket made",
        bites=made == 1,
    )


def _ticket(desk: Desk) -> bytes:
    body = json.dumps({"title": "Half a ticket", "notes": "n" * 2_000}).encode()
    head = (
        f"POST {desk.tickets} HTTP/1.1\r\nHost: desk.example\r\nAuthorization: Bearer {desk.key}"
        f"\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _vanish(server: Server, request: bytes, *, reset: bool) -> None:
    with socket.create_connection(("127.0.0.1", server.port), 5) as client:
        if reset:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        client.sendall(request)


def _count(server: Server) -> int:
    client = server.client()
    answer: dict[str, Any] = dict(client.send("GET", f"{server.desk.tickets}?pageSize=1").body)
    client.close()
    return int(answer["meta"]["pagination"]["total"])


def _settle(server: Server, held: int) -> None:
    """Wait until what was broken off is noticed, for at most some seconds."""
    until = time.monotonic() + 10
    while _descriptors(server) > held and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(0.2)


def _descriptors(server: Server) -> int:
    return sum(1 for _ in Path(f"/proc/{server.process.pid}/fd").iterdir())


SECTION = Section("edge", "requests that are ambiguous, too large, pipelined or broken off", run)
