"""A seeded data set: Zipf text, a realistic spread of statuses, tags, fields and customers.

It needs nothing but the standard library, so that other programs can be filled with the same.
"""

import itertools
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

SEED = 20_25
VOCABULARY = 20_000
LENGTHS = ((10, range(2, 4)), (50, range(3, 6)), (200, range(4, 8)), (1_000, range(4, 10)))
TAGS_KNOWN = 200
FIRST = datetime(2023, 1, 1, tzinfo=UTC)
SPAN = timedelta(days=730)
TICKETS_PER_CUSTOMER = 10

STATUSES = {"new": 5, "open": 20, "pending": 10, "resolved": 25, "closed": 40}
PRIORITIES = {"low": 15, "normal": 65, "high": 15, "urgent": 5}
REGIONS = {"EU": 500, "US": 300, "APAC": 150, "LATAM": 49, "Antarctica": 1}
RARE_REGION = "Antarctica"
SEATS_MAX = 500
MEMBERS = ("Ada", "Bela", "Chen", "Dora", "Emil", "Fatma", "Gita", "Hugo", "Ines", "Jan")
ASSIGNED = 0.8
PLAIN_TAGS = ("question", "login", "billing", "bug", "refund", "shipping", "urgent", "vip")

Entry = dict[str, Any]


class Data:
    """Customers and tickets, always the same ones for a number of tickets and a seed."""

    def __init__(self, tickets: int, seed: int = SEED) -> None:
        self.size = tickets
        self._seed = seed
        pick = self._random("words")
        self.words = _distinct(pick, VOCABULARY)
        made = [f"tag-{word}" for word in self.words[-TAGS_KNOWN:]]
        self.tags = (*PLAIN_TAGS, *made)[:TAGS_KNOWN]
        self._ranks = list(itertools.accumulate(1 / n for n in range(1, TAGS_KNOWN + 1)))
        self._pool = _zipf(self.words)

    @property
    def rare_tag(self) -> str:
        """The tag that fewest tickets have: about one in 800."""
        return self.tags[-1]

    @property
    def common_words(self) -> Sequence[str]:
        """Words that most tickets have; the first is in nearly all."""
        return self.words[:20]

    @property
    def ordinary_words(self) -> Sequence[str]:
        """Words that between half and one in a hundred of the tickets have."""
        return self.words[20:2_000:7]

    @property
    def rare_words(self) -> Sequence[str]:
        """Words that about one ticket in a thousand has; long, since a search takes beginnings."""
        return [word for word in self.words[-1_000:] if len(word) >= 7]

    @property
    def absent_words(self) -> Sequence[str]:
        """Words that no ticket has: the vocabulary is made without these letters."""
        return [f"xq{word}" for word in self.rare_words]

    def members(self) -> Iterator[Entry]:
        """The people who answer."""
        for name in MEMBERS:
            yield {"name": name, "email": f"{name.lower()}@example.com"}

    def customers(self) -> Iterator[Entry]:
        """The people who ask, one for every ten tickets, oldest first."""
        pick = self._random("customers")
        number = -(-self.size // TICKETS_PER_CUSTOMER)
        for i in range(number):
            name = self.text(pick, 2).title()
            created = FIRST + SPAN * (i / number)
            yield {"name": name, "email": f"customer{i}@example.com", "created_at": _whole(created)}

    def tickets(self, customers: Sequence[object], members: Sequence[object]) -> Iterator[Entry]:
        """Every ticket with its three messages, oldest first; `customers` and `members` are
        whatever the program being filled refers to them by. Some customers ask often."""
        pick = self._random("tickets")
        for i in range(self.size):
            created = _whole(FIRST + SPAN * (i / self.size))
            customer = customers[int(len(customers) * pick.random() ** 2)]
            assigned = pick.choice(members) if pick.random() < ASSIGNED else None
            facts = self._facts(pick)
            messages = self._messages(pick, created)
            yield {
                **facts,
                **_ending(facts["status"], created, messages),
                "customer_id": customer,
                "assigned_to": assigned,
                "created_at": created,
                "messages": messages,
            }

    def new_tickets(self, number: int) -> Iterator[Entry]:
        """What a client sends to make further tickets, each with a first message."""
        pick = self._random("new tickets")
        for _ in range(number):
            facts = self._facts(pick)
            yield {
                "title": facts["title"],
                "tags": facts["tags"],
                "custom_fields": facts["custom_fields"],
                "initial_message": self.text(pick, 60),
            }

    def text(self, pick: random.Random, length: int) -> str:
        """So many words, the n-th of the vocabulary 1/n times as often as the first."""
        return " ".join(pick.choices(self._pool, k=length))

    def _facts(self, pick: random.Random) -> Entry:
        return {
            "title": self.text(pick, 8),
            "status": _weighted(pick, STATUSES),
            "priority": _weighted(pick, PRIORITIES),
            "tags": self._some_tags(pick),
            "custom_fields": {
                "region": _weighted(pick, REGIONS),
                "seats": pick.randint(1, SEATS_MAX),
            },
        }

    def _some_tags(self, pick: random.Random) -> list[str]:
        found = pick.choices(self.tags, cum_weights=self._ranks, k=pick.randint(0, 3))
        return sorted(set(found))

    def _messages(self, pick: random.Random, created: datetime) -> list[Entry]:
        """The customer's, an agent's answer, and an agent's internal one."""
        hours = (0, *sorted((24 * pick.random(), 24 * pick.random())))
        return [
            {
                "content": self.text(pick, 60),
                "sender": "agent" if number else "customer",
                "is_internal": number == 2,
                "created_at": _whole(created + timedelta(hours=hours[number])),
            }
            for number in range(3)
        ]

    def _random(self, what: str) -> random.Random:
        return random.Random(f"{self._seed} {what}")  # noqa: S311 - test data


def _distinct(pick: random.Random, number: int) -> list[str]:
    letters = "etaoinshrdlucmfwypvbgk"
    found: dict[str, None] = {}
    while len(found) < number:
        found["".join(pick.choices(letters, k=pick.choice(_lengths(len(found)))))] = None
    return list(found)


def _lengths(rank: int) -> range:
    """How long a word may be that is so common: as in English mail, 5 letters of running text."""
    for common, lengths in LENGTHS:
        if rank < common:
            return lengths
    return range(5, 11)


def _zipf(words: Sequence[str]) -> list[str]:
    """The words, each as often as it is to be drawn: faster to draw from than by weight."""
    share = 200_000 / sum(1 / rank for rank in range(1, len(words) + 1))
    return [word for rank, word in enumerate(words, 1) for _ in range(max(1, round(share / rank)))]


def _weighted(pick: random.Random, weights: dict[str, int]) -> str:
    return pick.choices(list(weights), list(weights.values()))[0]


def _ending(status: str, created: datetime, messages: list[Entry]) -> Entry:
    """When a ticket last changed, and since when it is done, if it is."""
    last = max(message["created_at"] for message in messages)
    done = last + timedelta(days=1)
    return {
        "updated_at": done if status in ("resolved", "closed") else last,
        "resolved_at": done if status in ("resolved", "closed") else None,
        "closed_at": done if status == "closed" else None,
    }


def _whole(instant: datetime) -> datetime:
    return instant.replace(microsecond=0)
