"""Write the exported rows into a database of the peer's own; prints the key that opens it."""

import hashlib
import json
import os
import secrets
import sys
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import insert, text
from sqlalchemy.orm import Session
from tables import (
    ApiKey,
    Base,
    Customer,
    CustomField,
    Event,
    Member,
    Message,
    Tag,
    Ticket,
    documents,
    open_file,
    ticket_tags,
)

BATCH = 500
INSTANTS = ("created_at", "updated_at", "resolved_at", "closed_at")
Row = dict[str, Any]


def main() -> None:
    """Load the rows of the folder named on the command line."""
    rows, file = Path(sys.argv[1]), os.environ["PEER_DATABASE"]
    secret = f"sk_live_{secrets.token_hex(16)}"
    engine = open_file(file)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        digest = hashlib.sha256(secret.encode()).hexdigest()
        session.add(ApiKey(id=f"key_{secrets.token_hex(16)}", sha256=digest))
        setup = json.loads((rows / "setup.json").read_text(encoding="utf-8"))
        session.add_all(CustomField(**field) for field in setup["fields"])
        session.add_all(Member(**member) for member in setup["members"])
        session.flush()
        loader = Loader(session)
        for batch in _batches(rows / "tickets.jsonl"):
            loader.write(batch)
        session.commit()
        session.execute(text("ANALYZE"))
        session.commit()
    print(json.dumps({"Authorization": f"Bearer {secret}"}))


class Loader:
    """Writes tickets in batches; remembers the customers and tags that are there."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._customers: dict[str, int] = {}
        self._tags: dict[str, int] = {}

    def write(self, batch: list[Row]) -> None:
        """The tickets, with all that belongs to them."""
        for row in batch:
            self._meet(row)
        messages = [{**message, "ticket_key": row["number"]} for row, message in _messages(batch)]
        self._insert(Ticket, [self._ticket(row) for row in batch])
        self._insert(Message, messages)
        labels = [(row["number"], self._tags[tag]) for row in batch for tag in row["tags"]]
        self._insert(ticket_tags, [{"ticket_key": key, "tag_key": tag} for key, tag in labels])
        self._insert(Event, [event for row in batch for event in _events(row)])
        self._insert(documents, [_document(row) for row in batch])

    def _insert(self, target: Any, rows: list[Row]) -> None:
        if rows:
            self._session.execute(insert(target), rows)

    def _meet(self, row: Row) -> None:
        customer = row["customer"]
        if customer and customer["id"] not in self._customers:
            self._customers[customer["id"]] = key = len(self._customers) + 1
            self._insert(Customer, [{"key": key, **customer}])
        for tag in row["tags"]:
            if tag not in self._tags:
                self._tags[tag] = len(self._tags) + 1
                self._insert(Tag, [{"key": self._tags[tag], "name": tag}])

    def _ticket(self, row: Row) -> Row:
        left_out = ("number", "customer", "tags", "messages", "metadata")
        plain = {name: value for name, value in row.items() if name not in left_out}
        customer = row["customer"] and self._customers[row["customer"]["id"]]
        return {**plain, "key": row["number"], "customer_key": customer, "extra": row["metadata"]}


def _messages(batch: list[Row]) -> Iterator[tuple[Row, Row]]:
    return ((row, message) for row in batch for message in row["messages"])


def _events(row: Row) -> Iterator[Row]:
    shared = {"ticket_key": row["number"], "created_at": row["created_at"]}
    data = {"title": row["title"], "status": row["status"], "priority": row["priority"]}
    yield {**shared, "type": "ticket.created", "object_id": row["id"], "data": data}
    for message in row["messages"]:
        data = {"sender": message["sender"]}
        yield {**shared, "type": "message.created", "object_id": message["id"], "data": data}


def _document(row: Row) -> Row:
    customer = row["customer"]
    return {
        "rowid": row["number"],
        "title": row["title"],
        "messages": "\n".join(message["content"] for message in row["messages"]),
        "customer": f"{customer['name']} {customer['email'] or ''}" if customer else "",
    }


def _batches(path: Path) -> Iterator[list[Row]]:
    with path.open(encoding="utf-8") as lines:
        while batch := [json.loads(line, object_hook=_instants) for line in islice(lines, BATCH)]:
            yield batch


def _instants(row: Row) -> Row:
    for name in INSTANTS:
        if isinstance(row.get(name), str):
            row[name] = datetime.fromisoformat(row[name])
    return row


if __name__ == "__main__":
    main()
