"""Clients that are slow to send or to read: others are answered all the while."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.trials.crowd import ADDRESSES, Crowd, Probe, allow_sockets, pressed
from scripts.trials.section import Failures, Outcome, Section, Trial
from scripts.trials.server import Desk, Server, new_desk, serving

_PLAIN = "scripts.trials.plain"
_READERS = 20
_PROMPT = 0.1
_HEAD = b"GET /healthz HTTP/1.1\r\nHost: desk.example\r\nX-Slow: "
_BODY = (
    b"POST /api/v1/auth/whoami HTTP/1.1\r\nHost: desk.example\r\n"
    b"Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n{"
)


@dataclass(frozen=True)
class _Attack:
    name: str
    size: int
    begin: bytes
    drip: bytes = b""
    sip: bool = False
    addresses: tuple[str, ...] = ADDRESSES


@dataclass(frozen=True)
class _Seen:
    """What an attack came to."""

    crowd: Crowd
    probe: Probe
    memory: int


def run(trial: Trial) -> Sequence[Outcome]:
    """Each attack on the server, and on waitress as it comes."""
    size = trial.amount(300, 1_000)
    allow_sockets(2 * size + 200)
    desk = new_desk(trial.folder("desk"))
    with serving(desk) as server:
        _fill(server)
        with Probe(server.port) as quiet:
            time.sleep(trial.amount(1, 10))
    attacks = _attacks(desk, size)
    return [_try(trial, desk, attack, quiet) for attack in attacks[:: 3 if trial.short else 1]]


def _attacks(desk: Desk, size: int) -> list[_Attack]:
    large = (
        f"GET {desk.tickets}?pageSize=100 HTTP/1.1\r\nHost: desk.example\r\n"
        f"Authorization: Bearer {desk.key}\r\n\r\n"
    ).encode()
    one = ADDRESSES[:1]
    return [
        _Attack("slow headers, 10 addresses", size, _HEAD, b"a"),
        _Attack("slow headers, one address", size, _HEAD, b"a", addresses=one),
        _Attack("slow bodies, 10 addresses", size, _BODY, b" "),
        _Attack("slow readers of 6 MB, 8 each", _READERS, large * 8, sip=True),
        _Attack("slow chunks, 10 addresses", size, _CHUNKED, b"1\r\n \r\n"),
        _Attack("connections that say nothing, 10 addresses", size, b""),
    ]


_CHUNKED = _BODY.replace(b"Content-Length: 100000", b"Transfer-Encoding: chunked")[:-1]


def _try(trial: Trial, desk: Desk, attack: _Attack, quiet: Probe) -> Outcome:
    seen = _press(trial, desk, attack, trial.amount(3, 50))
    control = _press(trial, desk, attack, trial.amount(3, 10), module=_PLAIN)
    failures = Failures()
    for line in seen.probe.unanswered:
        failures.add(line)
    if not trial.short and seen.probe.percentile(0.99) > _PROMPT:
        failures.add(f"/healthz took {seen.probe.percentile(0.99):.3f} s (p99)")
    lost, crowd = len(control.probe.unanswered), seen.crowd
    return Outcome(
        attack.name,
        attack.size,
        failures.told(),
        f"{seen.probe.told()}; without them {1000 * quiet.percentile(0.99):.1f} ms (p99); "
        f"{crowd.cut:,} connections cut, after at most {crowd.longest:.0f} s; "
        f"{seen.memory} MiB",
        f"waitress as it comes: {lost} of {lost + len(control.probe.taken)} not answered",
        bites=lost > 0,
    )


def _press(
    trial: Trial, desk: Desk, attack: _Attack, seconds: int, module: str = "cstar_web"
) -> _Seen:
    with serving(desk, module=module) as server:
        crowd = Crowd(
            server.port, attack.size, attack.begin, attack.drip, attack.sip, attack.addresses
        )
        with pressed(crowd), Probe(server.port) as probe:
            trial.progress.step(f"slow: {attack.name} against {module}")
            crowd.press(seconds, trial.progress.now)
            memory = _memory(server)
        return _Seen(crowd, probe, memory)


def _memory(server: Server) -> int:
    """The most memory that the server had so far, in MiB."""
    status = Path(f"/proc/{server.process.pid}/status").read_text(encoding="ascii")
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(peak.split()[1]) // 1024


def _fill(server: Server) -> None:
    """A hundred tickets, of which a page is over 6 MB."""
    client = server.client()
    for number in range(100):
        body = {"title": f"Ticket {number}", "notes": "n" * 60_000}
        client.send("POST", server.desk.tickets, body)
    client.close()


SECTION = Section("slow", "clients that are slow to send or to read, a thousand at once", run)
