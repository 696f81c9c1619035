"""Make the database of the present schema that later versions must be able to open.

It is written to tests/data as schema-N.db.xz, with what is in it as schema-N.json. Once a version
with this schema is released, neither is made again: they are how that version left its files.
"""

import json
import lzma
import tempfile
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from cstar_core import STATUSES, Actor, Helpdesk, Receipt, Workspace
from tests.core.filling import fill
from tests.core.vocabulary import ManualClock

FOLDER = Path(__file__).parent
SECRETS = {"sk_live": "secret", "pk_live": "publishable"}
SEARCHES = ("refund", '"card payment"', "東京", "zażółć", "jane", "-refund", "internal")


def facts(desk: Helpdesk, secrets: Mapping[str, str]) -> dict[str, Any]:
    """What can be seen of a desk, in a form that any later version must see too."""
    found: dict[str, Any] = {"teams": [team.slug for team in desk.teams.list()]}
    found["keys"] = {name: desk.keys.authenticate(key) is not None for name, key in secrets.items()}
    for team in desk.teams.list():
        for environment in ("live", "test"):
            found[f"{team.slug} {environment}"] = _workspace(desk.workspace(team.id, environment))
    return found


def _workspace(room: Workspace) -> dict[str, Any]:
    tickets = room.tickets.list(page_size=100, sort="number").items
    return {
        "tickets": [
            [t.number, t.id, t.title, t.status, t.customer_name, list(t.tags), t.custom_fields]
            for t in tickets
        ],
        "messages": [[m.content for m in room.messages.list(t.id)] for t in tickets],
        "customers": [[c.id, c.name, c.email] for c in room.customers.list(page_size=100).items],
        "members": [member.email for member in room.members.list().items],
        "fields": [field.key for field in room.custom_fields.list()],
        "events": room.events.list().total,
        "statuses": {status: room.tickets.list(status=status).total for status in STATUSES},
        "searches": {text: room.tickets.list(search=text).total for text in SEARCHES},
        "seats": room.tickets.list(custom_fields=_some_seats(room)).total,
    }


def _some_seats(room: Workspace) -> dict[str, Any]:
    known = [field.key for field in room.custom_fields.list(entity_type="tickets")]
    return {"seats": {"gte": 2}} if "seats" in known else {}


def make(folder: Path) -> tuple[Path, int, dict[str, str]]:
    """A copy of a desk with something of everything, its schema version and its keys."""
    clock = ManualClock()
    with Helpdesk.open(folder / "desk.db", clock=clock) as desk:
        for name in ("Acme", "Globex"):
            desk.teams.create(name)
        made = {
            name: desk.keys.create("acme", type=type, environment="live")
            for name, type in SECRETS.items()
        }
        gone = desk.keys.create("acme", type="secret", environment="test", name="revoked")
        desk.keys.revoke(gone.key.id)
        span = timedelta(days=1)
        desk.keys.create("globex", type="secret", environment="live", expires_in=span, name="ends")
        desk.workspace("globex", "test").tickets.create(title="Elsewhere", tags="x")
        acme = desk.workspace("acme", actor=Actor("key", made["sk_live"].key.id))
        fill(acme, clock)
        _talk(acme, clock)
        acme.idempotency.save("k-1", Receipt("0" * 64, 201, b"{}", {}))
        acme.tickets.delete(acme.tickets.list(search="refund").items[3].id)
        # These still wait to be indexed.
        acme.tickets.update(acme.tickets.list().items[0].id, title="Renamed at the end")
        acme.tickets.create(title="Not indexed yet, refund", customer_email="late@example.com")
        desk.backup(folder / "backup")
        version = desk.schema_version
    return folder / "backup" / "cstar.db", version, {n: key.secret for n, key in made.items()}


def _talk(room: Workspace, clock: ManualClock) -> None:
    for number, text in enumerate(("card payment", "東京都へ", "Zażółć gęślą jaźń", "😀 naïve ß")):
        ticket = room.tickets.create(
            title=text, customer_email="jane@example.com", initial_message=text * 3
        )
        clock.tick()
        room.messages.create(ticket.id, content=f"internal {text}", is_internal=True)
        room.tickets.update(ticket.id, metadata={"order": number}, notes=text)
    room.customers.delete(room.customers.list().items[-1].id)
    room.members.delete(room.members.create(name="Gone", email="gone@example.com").id)


def main() -> None:
    """Write the two files of the present schema."""
    with tempfile.TemporaryDirectory() as folder:
        copy, version, secrets = make(Path(folder))
        content = copy.read_bytes()
        with Helpdesk.open(copy) as desk:
            seen = {"secrets": secrets, "facts": facts(desk, secrets)}
    packed = FOLDER / f"schema-{version}.db.xz"
    packed.write_bytes(lzma.compress(content, preset=9))
    text = json.dumps(seen, ensure_ascii=False, indent=1)
    (FOLDER / f"schema-{version}.json").write_text(f"{text}\n", encoding="utf-8")
    print(f"{packed.name}: {packed.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
