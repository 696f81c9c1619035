"""A seeded data set: Zipf text, a realistic spread of statuses, tags, fields and customers."""

import itertools
import random
from collections.abc import Iterator
from typing import Any

from cstar_core import PRIORITIES, STATUSES, Helpdesk, Workspace

SEED = 20_25
VOCABULARY = 20_000
BATCH = 200
REGIONS = ("EU", "US", "APAC", "LATAM")
TAGS = ("login", "billing", "refund", "shipping", "bug", "question", "urgent", "vip")


class Text:
    """Words drawn from a Zipf distribution over made-up words."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - test data
        self.words = [self._word() for _ in range(VOCABULARY)]
        self._weights = list(itertools.accumulate(1 / rank for rank in range(1, VOCABULARY + 1)))

    def sentence(self, length: int) -> str:
        """So many words."""
        return " ".join(self._random.choices(self.words, cum_weights=self._weights, k=length))

    def ticket(self) -> dict[str, Any]:
        """What a ticket is created with."""
        pick = self._random
        return {
            "title": self.sentence(8),
            "status": pick.choices(STATUSES, (5, 20, 10, 25, 40))[0],
            "priority": pick.choices(PRIORITIES, (15, 65, 15, 5))[0],
            "tags": pick.sample(TAGS, pick.randint(0, 3)),
            "custom_fields": {"region": pick.choice(REGIONS), "seats": pick.randint(1, 500)},
        }

    def _word(self) -> str:
        letters = "etaoinshrdlucmfwypvbgk"
        return "".join(self._random.choices(letters, k=self._random.randint(2, 10)))


def fill(desk: Helpdesk, workspace: Workspace, text: Text, tickets: int) -> Iterator[int]:
    """Create the tickets, each with three messages of 60 words; yields how many there are."""
    workspace.custom_fields.create(
        name="Region", key="region", type="select", entity_type="tickets", options=list(REGIONS)
    )
    workspace.custom_fields.create(name="Seats", key="seats", type="number", entity_type="tickets")
    customers: list[str] = []
    for start in range(0, tickets, BATCH):
        with desk.transaction():
            for number in range(start, min(start + BATCH, tickets)):
                if number % 10 == 0:
                    name, email = text.sentence(2), f"customer{number}@example.com"
                    customers.append(workspace.customers.create(name=name, email=email).id)
                _one(workspace, text, customers[-1])
        yield min(start + BATCH, tickets)


def _one(workspace: Workspace, text: Text, customer: str) -> None:
    ticket = workspace.tickets.create(
        **text.ticket(), customer_id=customer, initial_message=text.sentence(60)
    )
    for internal in (False, True):
        workspace.messages.create(ticket.id, content=text.sentence(60), is_internal=internal)
