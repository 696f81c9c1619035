"""Mail that is changed at random, and mail that is made to keep a reader busy."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import islice
from typing import Any

from cstar_core import LETTER_BYTES_MAX, Unreadable, read_letter
from cstar_web.mail.worker import BUDGET_SECONDS, LetterReader
from cstar_web.mail.working import text_of
from scripts.trials.section import Failures, Outcome, Section, Trial
from tests.core.letters.hostile import HOSTILE
from tests.core.letters.mutating import faults, mutations

# Refused for what it did to the reader, not for what it is.
_WRONG = ("took_too_long", "too_much_memory", "crashed")
_HASTY = 0.05
_HEAVY = ("base64", "lines of uuencode")
_CONTROL = 2_000
_SHOWN = 80
_SENT_EACH = 20


@dataclass
class _Tried:
    """What became of some mails."""

    failures: Failures = field(default_factory=Failures)
    cases: int = 0
    sent: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    longest: tuple[float, str] = (0.0, "")

    def read(self, raw: bytes, name: str) -> None:
        """Read one here, with all that the process for it does."""
        self.cases += 1
        began = time.thread_time()
        try:
            letter = read_letter(raw, html_to_text=text_of)
        except Unreadable as error:
            self.refused[error.code] += 1
            letter = None
        except Exception as error:
            self.failures.add(f"{error!r}: {name}")
            return
        taken = time.thread_time() - began
        self.longest = max(self.longest, (taken, name))
        if taken > BUDGET_SECONDS:
            self.failures.add(f"{taken:.1f} s: {name}")
        for fault in faults(letter) if letter else ():
            self.failures.add(f"{fault}: {name}")

    def send(self, reader: LetterReader, raw: bytes, name: str) -> None:
        """Let the process for it read one."""
        self.sent += 1
        try:
            reader.read(raw)
        except Unreadable as error:
            if error.code in _WRONG:
                self.failures.add(f"{error.code}: {name}")


def run(trial: Trial) -> Sequence[Outcome]:
    """All of both kinds."""
    return [_changed(trial), _hostile(trial)]


def _changed(trial: Trial) -> Outcome:
    # As many again are a test of the reader.
    amount = trial.amount(200, 100_000)
    tried = _Tried()
    with LetterReader() as reader:
        for number, raw in enumerate(_mails(trial, amount)):
            if number % 500 == 0:
                trial.progress.now(f"letters: mail {number:,} of {amount:,}")
            name = f"number {number:,}, {raw[:_SHOWN]!r}"
            tried.read(raw, name)
            if number % _SENT_EACH == 0:
                tried.send(reader, raw, name)
    control = trial.amount(500, _CONTROL)
    raised = sum(_raises(raw) for raw in _mails(trial, control))
    refused = sum(tried.refused.values())
    return Outcome(
        "mail changed at random",
        tried.cases,
        tried.failures.told(),
        f"{tried.cases - refused:,} read, {refused:,} refused as no mail or beyond the limits; "
        f"at most {1000 * tried.longest[0]:.0f} ms of processor time; {tried.sent:,} of them also "
        "by the process for it",
        f"the standard library's reader with its newest policy: {raised} of {control:,} raise",
        bites=raised > 0,
    )


def _hostile(trial: Trial) -> Outcome:
    size = 50_000 if trial.short else LETTER_BYTES_MAX
    tried = _Tried()
    with LetterReader() as reader:
        for name, made in HOSTILE.items():
            trial.progress.now(f"letters: {name}")
            tried.read(made(size)[:LETTER_BYTES_MAX], name)
            tried.send(reader, made(size)[:LETTER_BYTES_MAX], name)
    found = 0
    with LetterReader(budget=_HASTY) as hasty:
        for each in _HEAVY:
            found += _is_refused(hasty, HOSTILE[each](LETTER_BYTES_MAX)[:LETTER_BYTES_MAX])
    longest, name = tried.longest
    return Outcome(
        f"mail made to keep a reader busy, up to {size / 2**20:.2g} MB",
        tried.cases,
        tried.failures.told(),
        f"at most {longest:.2f} s of processor time ({name}), where {BUDGET_SECONDS:g} s are "
        "allowed",
        f"with a fortieth of the budget: {found} of {len(_HEAVY)} found over it",
        bites=found == len(_HEAVY),
    )


def _mails(trial: Trial, amount: int) -> Iterator[bytes]:
    return islice(mutations(trial.random("letters")), amount)


def _is_refused(reader: LetterReader, raw: bytes) -> bool:
    try:
        reader.read(raw)
    except Unreadable as error:
        return error.code in _WRONG
    return False


def _raises(raw: bytes) -> bool:
    """Whether the standard library fails at what is read of every letter."""
    try:
        mail: Any = message_from_bytes(raw, EmailMessage, policy=policy.default)
        _ = [str(mail[name]) for name in ("from", "to", "cc", "subject", "date", "message-id")]
        for part in mail.walk():
            if part.get_content_maintype() == "text":
                part.get_content()
            part.get_filename()
    except Exception:
        return True
    return False


SECTION = Section("letters", "mail that is changed at random, or made to keep a reader busy", run)
