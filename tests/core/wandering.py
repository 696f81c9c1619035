"""Desks that random people have used for a while, through the library's own calls."""

import random
from collections.abc import Callable
from typing import Any

from cstar_core import PRIORITIES, SENDERS, STATUSES, Helpdesk, HelpdeskError, Workspace
from tests.core.vocabulary import ManualClock

TEXTS = (
    "Refund, please",
    "=HYPERLINK(1)",
    "\u0130stanbul \u212aelvin stra\u00dfe",
    "cafe\u0301 \u202etxt.exe\u2066",
    "\ufeffa\u2028b\u2029c\u0085d",
    "\u0001\u001b[31m\u007f\r\n\t'\"\\",
    "\U0001f469\u200d\U0001f467 \U0010ffff\ufdd0\ufffe",
    "東京都 \u0e01\u0e33 \u1112\u1161\u11ab",
    '{"a": null}',
    "a" * 400,
)
VALUES: tuple[Any, ...] = (
    *TEXTS, None, True, False, 0, -1, 2**63 - 1, -(2**63), 1.0, -0.0, 1e-300, 1.5e300, 0.1 + 0.2,
    [], {}, [None, [1, "x"]], {"b": 1, "a": {"\u00e9": []}},
)  # fmt: skip
OPTIONS = ["EU", "us", "caf\u00e9, noir", "\u6771\u4eac"]


def wander(desk: Helpdesk, clock: ManualClock, seed: int, steps: int = 60) -> None:
    """Let somebody do so many things in every workspace; what is refused is not done."""
    chance = random.Random(seed)
    for team in desk.teams.list():
        for environment in ("live", "test"):
            room = desk.workspace(team.slug, environment)
            _define(room)
            for _ in range(steps):
                _act(room, chance)
                clock.tick(seconds=chance.choice((0, 0, 1, 3600, -60)))


def _act(room: Workspace, chance: random.Random) -> None:
    try:
        chance.choice(ACTS)(room, chance)
    except HelpdeskError:
        return


def _define(room: Workspace) -> None:
    for entity in ("tickets", "customers"):
        for type in ("text", "number", "select", "multiselect", "date", "boolean"):
            options = OPTIONS if "select" in type else None
            made = room.custom_fields.create(
                name=f"{type} \u00e9", key=type, type=type, entity_type=entity, options=options
            )
            room.custom_fields.update(made.id, public=(entity, type) == ("tickets", "text"))
        room.custom_fields.create(name="Spare", key="spare", type="text", entity_type=entity)

    room.canned_replies.create(
        name="Gr\u00fc\u00dfe", content="Hallo {{customer.first_name|du}}", shortcut="hi"
    )
    room.canned_replies.create(name="Later", content=TEXTS[5], position=0)


def _text(chance: random.Random) -> str:
    return chance.choice(TEXTS)


def _fields(chance: random.Random) -> dict[str, Any]:
    all_of_them = {
        "text": _text(chance),
        "number": chance.choice((0, 1, 1.0, -2.5e-9, 2**60)),
        "select": chance.choice(OPTIONS),
        "multiselect": chance.sample(OPTIONS, chance.randrange(4)),
        "date": f"20{chance.randrange(10, 99)}-02-2{chance.randrange(9)}",
        "boolean": chance.random() < 0.5,
        "spare": _text(chance),
    }
    return {key: all_of_them[key] for key in chance.sample(list(all_of_them), 3)}


def _common(chance: random.Random) -> dict[str, Any]:
    return {
        "tags": chance.sample(["VIP", "vip", "Stra\u00dfe", "STRASSE", "\u6771", "b"], 3),
        "notes": chance.choice((None, _text(chance))),
        "custom_fields": _fields(chance),
        "metadata": {
            key: chance.choice(VALUES) for key in chance.sample(["z", "a", "\u00e9", "10", "9"], 3)
        },
    }


def _some(listing: Callable[..., Any], chance: random.Random) -> str:
    found = listing(page_size=100).items
    return str(chance.choice(found).id) if found else "nothing"


def _new_member(room: Workspace, chance: random.Random) -> None:
    room.members.create(name=_text(chance), email=f"m{chance.randrange(9)}@\u00e9xample.com")


def _new_customer(room: Workspace, chance: random.Random) -> None:
    email = chance.choice((None, f"C{chance.randrange(99)}@example.com"))
    room.customers.create(name=_text(chance), email=email, **_common(chance))


def _new_ticket(room: Workspace, chance: random.Random) -> None:
    room.tickets.create(
        title=_text(chance),
        status=chance.choice(STATUSES),
        priority=chance.choice(PRIORITIES),
        customer_name=chance.choice((None, _text(chance))),
        initial_message=chance.choice((None, _text(chance))),
        **_common(chance),
    )


def _assigned_ticket(room: Workspace, chance: random.Random) -> None:
    room.tickets.create(
        title=_text(chance),
        customer_id=_some(room.customers.list, chance),
        assigned_to=_some(room.members.list, chance),
    )


def _new_message(room: Workspace, chance: random.Random) -> None:
    room.messages.create(
        _some(room.tickets.list, chance),
        content=_text(chance),
        sender=chance.choice(SENDERS),
        sender_name=chance.choice((None, _text(chance))),
        is_internal=chance.random() < 0.3,
    )


def _change_ticket(room: Workspace, chance: random.Random) -> None:
    changes = {"title": _text(chance), "status": chance.choice(STATUSES), **_common(chance)}
    kept = {name: changes[name] for name in chance.sample(list(changes), 3)}
    room.tickets.update(_some(room.tickets.list, chance), **kept)  # type: ignore[arg-type]


def _change_customer(room: Workspace, chance: random.Random) -> None:
    customer = _some(room.customers.list, chance)
    room.customers.update(customer, name=_text(chance), **_common(chance))


def _change_field(room: Workspace, chance: random.Random) -> None:
    field = chance.choice(room.custom_fields.list())
    new = f"new {chance.randrange(99)}"
    if field.options and chance.random() < 0.5:
        room.custom_fields.update(field.id, rename_options={field.options[0]: new})
    elif field.options:
        room.custom_fields.update(field.id, options=[*field.options[1:], new])
    else:
        room.custom_fields.update(field.id, archived=chance.random() < 0.3, name=new)


def _load(room: Workspace, chance: random.Random) -> None:
    list(room.tickets.import_many([{"title": _text(chance), "messages": [{"content": "x"}]}]))


def _merge(room: Workspace, chance: random.Random) -> None:
    ticket = _some(room.tickets.list, chance)
    if chance.random() < 0.7:
        room.tickets.merge(ticket, into=_some(room.tickets.list, chance))
    else:
        room.tickets.unmerge(ticket)


def _move(room: Workspace, chance: random.Random) -> None:
    ticket = _some(room.tickets.list, chance)
    messages = room.messages.list(ticket)
    if messages:
        message = chance.choice(messages).id
        room.messages.move(ticket, message, _some(room.tickets.list, chance))


def _delete(room: Workspace, chance: random.Random) -> None:
    kind = chance.choice((room.tickets, room.tickets, room.customers, room.members))
    kind.delete(_some(kind.list, chance))


def _delete_field(room: Workspace, chance: random.Random) -> None:
    spare = [field for field in room.custom_fields.list() if field.key == "spare"]
    if spare and chance.random() < 0.3:
        room.custom_fields.delete(chance.choice(spare).id)


ACTS: tuple[Callable[[Workspace, random.Random], None], ...] = (
    *(_new_member, _new_customer, _new_ticket, _new_ticket, _assigned_ticket, _new_message),
    *(_new_message, _change_ticket, _change_ticket, _change_customer, _change_field, _load),
    *(_delete, _delete_field, _merge, _merge, _move),
)
