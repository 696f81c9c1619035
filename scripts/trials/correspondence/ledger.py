"""What customers and the agent wrote, kept outside of the desk, and compared with what arrived.

Each letter and each answer has a word of its own at its beginning. The text may quote earlier ones
below, so only the first word counts.
"""

import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from scripts.trials.section import Failures

_WORD = re.compile(r"(?:letter|answer)-[a-z0-9]+")


@dataclass(frozen=True)
class Letter:
    """A mail of a customer's. ``after`` is the letter whose ticket it belongs to, if to one."""

    word: str
    customer: str
    mailbox: str
    way: str
    after: "Letter | None" = None

    @property
    def first(self) -> "Letter":
        """The letter that the ticket began with."""
        return self.after.first if self.after else self


@dataclass(frozen=True)
class Kept:
    """A message as the desk's file has it."""

    key: int
    word: str
    ticket: str
    customer: str


@dataclass(frozen=True)
class Arrived:
    """A mail as a customer has it; ``route`` is the number that Postfix gave it."""

    customer: str
    word: str
    header_id: str
    route: str


@dataclass
class Verdict:
    """What is wrong, and what came more often than once without the desk being wrong.

    ``sent_again`` counts answers that the desk handed to Postfix more than once, ``doubled_later``
    those that came more often without the desk, since Postfix or Dovecot was killed.
    """

    letters: int = 0
    lost: int = 0
    doubled: int = 0
    misplaced: int = 0
    answers: int = 0
    unanswered: int = 0
    astray: int = 0
    renamed: int = 0
    sent_again: int = 0
    doubled_later: int = 0
    told: Failures = field(default_factory=Failures)

    @property
    def wrong(self) -> int:
        """How much is not as it should be."""
        return (
            self.lost + self.doubled + self.misplaced + self.unanswered + self.astray + self.renamed
        )


def word_of(text: str) -> str:
    """The word that a text begins with, or nothing."""
    found = _WORD.search(text)
    return found[0] if found else ""


def kept(path: Path, after: int = 0, sender: int | None = None) -> list[Kept]:
    """The messages of the file after a key, of one kind of sender or of all."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as file:
        rows = file.execute(
            "SELECT m.id, m.content, t.uid, c.email FROM messages m "
            "JOIN tickets t ON t.id = m.ticket_id LEFT JOIN customers c ON c.id = t.customer_id "
            "WHERE m.id > ? AND (? IS NULL OR m.sender = ?) ORDER BY m.id",
            (after, sender, sender),
        ).fetchall()
    return [
        Kept(key, word_of(content), f"tkt_{uid.hex()}", email or "")
        for key, content, uid, email in rows
    ]


def judge(
    letters: Sequence[Letter],
    answers: Mapping[str, Letter],
    messages: Iterable[Kept],
    arrived: Iterable[Arrived],
) -> Verdict:
    """Compare the ledger with the desk's file and with the customers' mailboxes."""
    found = Verdict(letters=len(letters), answers=len(answers))
    places: defaultdict[str, list[Kept]] = defaultdict(list)
    for message in messages:
        places[message.word].append(message)
    _judge_letters(found, letters, places)
    copies: defaultdict[str, list[Arrived]] = defaultdict(list)
    for mail in arrived:
        copies[mail.word].append(mail)
    for word, letter in answers.items():
        _judge_answer(found, word, letter, places[word], copies[word])
    unknown = copies.keys() - answers.keys() - {""}
    _count(found, "astray", len(unknown), f"mails that nobody wrote: {sorted(unknown)[:3]}")
    return found


def _judge_letters(
    found: Verdict, letters: Sequence[Letter], places: Mapping[str, list[Kept]]
) -> None:
    tickets: Counter[str] = Counter()
    for letter in letters:
        here = places.get(letter.word, [])
        _count(found, "lost", not here, f"{letter.word} ({letter.way}) is nowhere")
        _count(found, "doubled", len(here) > 1, f"{letter.word} is {len(here)} messages")
        if not here:
            continue
        home = here[0]
        if letter.after is None:
            tickets[home.ticket] += 1
            wrong = home.customer != letter.customer or tickets[home.ticket] > 1
        else:
            begun = places.get(letter.first.word, [])
            wrong = not begun or begun[0].ticket != home.ticket
        _count(found, "misplaced", wrong, f"{letter.word} ({letter.way}) is on a wrong ticket")


def _judge_answer(
    found: Verdict, word: str, letter: Letter, here: list[Kept], copies: list[Arrived]
) -> None:
    _count(found, "doubled", len(here) > 1, f"{word} is {len(here)} messages")
    _count(found, "lost", not here, f"{word} is nowhere")
    _count(found, "unanswered", not copies, f"{word} did not reach {letter.customer}")
    strangers = {each.customer for each in copies} - {letter.customer}
    _count(found, "astray", len(strangers), f"{word} reached {strangers}")
    ids = {each.header_id for each in copies}
    _count(found, "renamed", len(ids) > 1, f"{word} came with {len(ids)} ids")
    routes = {each.route for each in copies}
    found.sent_again += max(0, len(routes) - 1)
    found.doubled_later += len(copies) - len(routes)


def _count(found: Verdict, name: str, wrong: int, line: str) -> None:
    if wrong:
        setattr(found, name, getattr(found, name) + int(wrong))
        found.told.add(line)


def doctored() -> Verdict:
    """What is found where one thing of each kind is wrong."""
    first = [Letter(f"letter-{name}", "ann", "support", "new") for name in "abc"]
    late = Letter("letter-d", "ann", "support", "parent", first[0])
    messages = [
        Kept(1, "letter-a", "1", "ann"),
        Kept(2, "letter-b", "2", "ann"),
        Kept(3, "letter-b", "2", "ann"),
        Kept(4, "letter-d", "2", "ann"),
        Kept(5, "answer-a", "1", "ann"),
        Kept(6, "answer-b", "2", "ann"),
        Kept(7, "answer-d", "2", "ann"),
    ]
    answers = {"answer-a": first[0], "answer-b": first[1], "answer-d": late}
    arrived = [
        Arrived("ann", "answer-a", "1", "x"),
        Arrived("ann", "answer-a", "2", "y"),
        Arrived("bob", "answer-b", "3", "z"),
        Arrived("ann", "answer-b", "3", "z"),
    ]
    return judge([*first, late], answers, messages, arrived)
