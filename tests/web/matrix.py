"""The cells that the policy makes: one request each, and what must be answered.

Every cell is tried in a transaction that is taken back, so that each meets the same desk.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import permutations
from typing import Any
from urllib.parse import quote

from tests.web.asking import Answered, Ask, ask
from tests.web.policy import (
    BODY_NAMES,
    EVENT,
    KEYS,
    QUERY_NAMES,
    ROUTES,
    TEAMS,
    UNIQUE,
    WORKSPACES,
    Opens,
    Route,
    expected,
    has_team,
    may_see,
    whole_path,
)
from tests.web.world import World

ABSENT = 32 * "0"
PREFIXES = {
    **{"ticket": "tkt_", "customer": "cus_", "field": "cf_", "member": "mem_"},
    **{"webhook": "whk_", "delivery": "dlv_", "message": "msg_"},
    **{"webhook": "whk_", "delivery": "dlv_", "attachment": "att_", "upload": "att_"},
    **{"mail": "eml_", "outgoing": "oml_", "block": "mbk_", "mailbox": "mbx_"},
}
# A name of each kind that no workspace has, as like a real one as can be.
NOWHERE = {
    **{kind: prefix + ABSENT for kind, prefix in PREFIXES.items()},
    "other ticket": f"tkt_{ABSENT}",
    "event": f"evt_{ABSENT}",
    "key": "vvvvvvvvt",
    "customer key": "vvvvvvvvc",
    "tag": "nowherelivemark",
    "word": "nowherelivemark",
    "internal": "nowhereliveinternal",
    "bad": "bad@nowhere.example",
}


@dataclass(frozen=True)
class Cell:
    """What is asked, and what must be answered.

    `twin` asks for what does not exist, and must be answered with the same bytes; unless `inexact`,
    with as many statements too. `hidden` are texts that the answer must not hold, `shown` one
    that it must.
    """

    name: str
    ask: Ask
    status: int
    code: str | None = None
    twin: Ask | None = None
    inexact: bool = False
    hidden: tuple[str, ...] = ()
    shown: str | None = None


def wrong(world: World, cell: Cell) -> str | None:
    """What is wrong about a cell, if anything is."""
    found = ask(world, cell.ask)
    if (found.status, found.code) != (cell.status, cell.code):
        return f"{cell.name}: {found.status} {found.code}, not {cell.status} {cell.code}"
    seen = [text for text in cell.hidden if text in found.raw]
    if seen:
        return f"{cell.name}: shows {seen}"
    if cell.shown is not None and cell.shown not in found.raw:
        return f"{cell.name}: does not show {cell.shown}"
    return None if cell.twin is None else difference(cell, found, _absent(world, cell.twin))


def _absent(world: World, twin: Ask) -> Answered:
    """How a twin is answered; many cells have the same one."""
    known = repr(twin)
    if known not in world.answers:
        world.answers[known] = ask(world, twin)
    found: Answered = world.answers[known]
    return found


def difference(cell: Cell, found: Answered, absent: Answered) -> str | None:
    """How an answer tells itself from that to what does not exist, if it does."""
    if found.alike != absent.alike:
        return f"{cell.name}: answers {found.alike!r}, and what is absent {absent.alike!r}"
    if found.statements != absent.statements and not cell.inexact:
        return f"{cell.name}: runs {found.statements} statements, not {absent.statements}"
    return None


def cells(world: World) -> Iterator[Cell]:
    """Every cell there is."""
    for name, route in ROUTES.items():
        for key, opens in KEYS.items():
            yield from _path_cells(world, name, route, key, opens)
    for key, opens in KEYS.items():
        if opens is not None:
            yield from _naming_cells(world, key, opens)
            yield from _content_cells(world, key, opens)
            yield from _unique_cells(world, key, opens)
    yield from _replay_cells(world)


# --- what the path names


def _path_cells(
    world: World, name: str, route: Route, key: str, opens: Opens | None
) -> Iterator[Cell]:
    for team in TEAMS if has_team(route) else ("",):
        for what, id, seen in _ids(world, route, opens):
            status, code = expected(route, opens, team, seen)
            for how, headers in _manners(route):
                request = _request(world, key, route, team, id, headers)
                cell = Cell(f"{name}, {key}, {team} {what} {how}", request, status, code)
                yield _with_twin(world, cell, route, team, what)


def _ids(world: World, route: Route, opens: Opens | None) -> Iterator[tuple[str, str, bool]]:
    """Everything that the path may name, and whether the key sees it."""
    if route.names is None:
        yield "", "", True
        return
    for owner in WORKSPACES:
        seen = opens is not None and may_see(opens, route.names, owner)
        id = world.things[owner].names[route.names]
        yield " ".join(owner), id, seen
        digits = id.rpartition("_")[2]
        parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
        yield " ".join((*owner, "uuid")), "-".join(parts), seen
    owner = WORKSPACES[0] if opens is None else (opens.team, opens.environment)
    other_kind = "customer" if route.names == "ticket" else "ticket"
    yield "absent", NOWHERE[route.names], False
    yield "of another kind", world.things[owner].names[other_kind], False
    yield "nonsense", "x", False


def _manners(route: Route) -> Iterator[tuple[str, tuple[tuple[str, str], ...]]]:
    yield "plainly", ()
    if route.method in ("PATCH", "PUT", "DELETE"):
        yield "conditionally", (("If-Match", "*"),)
    if route.method != "GET":
        yield "repeatably", (("Idempotency-Key", "one"),)


def _with_twin(world: World, cell: Cell, route: Route, team: str, what: str) -> Cell:
    """A refusal must be that of a team or an object that does not exist, or of a key of nobody."""
    if cell.status == 401 and route.key != "none":
        twin = replace(cell.ask, key="of nobody")
        # Without a key that could be one, none is looked up.
        inexact = cell.ask.key in ("no key", "malformed")
        return replace(cell, twin=twin, inexact=inexact)
    if cell.status == 403 and team in TEAMS[:2]:
        twin = replace(cell.ask, url=cell.ask.url.replace(f"/teams/{team}/", "/teams/nobody/"))
        return replace(cell, twin=twin if KEYS[cell.ask.key].team != team else None)  # type: ignore[union-attr]
    if cell.status == 404 and route.names:
        url = _url(world, route, team, NOWHERE[route.names], cell.ask.key)
        inexact = what in ("of another kind", "nonsense")
        return replace(cell, twin=replace(cell.ask, url=url), inexact=inexact)
    return cell


def _request(
    world: World,
    key: str,
    route: Route,
    team: str,
    id: str,
    headers: tuple[tuple[str, str], ...] = (),
) -> Ask:
    event = world.things[_owner(key)].names["event"]
    body = {name: event if value == EVENT else value for name, value in route.body.items()}
    return Ask(key, route.method, _url(world, route, team, id, key), body or None, headers)


def _url(world: World, route: Route, team: str, id: str, key: str) -> str:
    delivery = world.deliveries.get(id.replace("-", "")[-32:], NOWHERE["delivery"])
    message = world.messages.get(id.replace("-", "")[-32:], NOWHERE["message"])
    ticket = world.things[_owner(key)].names["ticket"]
    path = whole_path(route).format(
        **{"team": team, "id": id, "delivery": delivery, "message": message, "ticket": ticket},
        **{"kind": "reply", "language": "en"},
    )
    return path + route.query


def _owner(key: str) -> tuple[str, str]:
    """The workspace that a key opens; any, for one that opens none."""
    opens = KEYS[key]
    return WORKSPACES[0] if opens is None else (opens.team, opens.environment)


# --- what bodies and queries name


def _naming_cells(world: World, key: str, opens: Opens) -> Iterator[Cell]:
    for name, params in BODY_NAMES.items():
        for param, kind in params if opens.writes else ():
            yield from _named(world, name, key, opens, param, kind, in_body=True)
    for name, params in QUERY_NAMES.items():
        for param, kind in params if opens.writes or ROUTES[name].key == "any" else ():
            yield from _named(world, name, key, opens, param, kind, in_body=False)


def _named(
    world: World, name: str, key: str, opens: Opens, param: str, kind: str, *, in_body: bool
) -> Iterator[Cell]:
    route, make = ROUTES[name], _in_body if in_body else _in_query
    request = _request(world, key, route, opens.team, _own(world, route, opens))
    absent = make(request, param, NOWHERE[kind])
    refused = in_body or kind in ("key", "customer key", "event")
    status = 400 if refused else 200
    code = None if status == 200 else _code(kind)
    for owner in WORKSPACES:
        asked = make(request, param, world.things[owner].names[kind])
        title = f"{name}, {key}, {param} {kind} of {' '.join(owner)}"
        if may_see(opens, kind, owner) and (kind != "internal" or opens.writes):
            yield Cell(title, asked, 200 if route.code else route.status)
        else:
            yield Cell(title, asked, status, code, twin=absent)


def _code(kind: str) -> str:
    return "PARAMETER_UNKNOWN" if kind.endswith("key") else "PARAMETER_INVALID"


def _in_body(request: Ask, param: str, value: str) -> Ask:
    forms: dict[str, Any] = {"customFields": {value: "x"}, "attachments": [value]}
    given = forms.get(param, value)
    return replace(request, body={**(request.body or {}), param: given}, given=(value,))


def _in_query(request: Ask, param: str, value: str) -> Ask:
    pair = f"customFields[{value}]=x" if param == "customFields" else f"{param}={quote(value)}"
    return replace(request, url=f"{request.url}?{pair}", given=(value,))


def _own(world: World, route: Route, opens: Opens) -> str:
    things = world.things[opens.team, opens.environment]
    return things.names[route.names] if route.names else ""


# --- what answers hold


def _content_cells(world: World, key: str, opens: Opens) -> Iterator[Cell]:
    """No answer holds anything of another workspace, nor shows a customer what is internal."""
    things = world.things[opens.team, opens.environment]
    hidden = [each.mark for owner, each in world.things.items() if not may_see(opens, "", owner)]
    hidden += [each.team_mark for owner, each in world.things.items() if owner[0] != opens.team]
    hidden += [
        each.internal_mark
        for owner, each in world.things.items()
        if not (opens.writes and may_see(opens, "", owner))
    ]
    for name, route in ROUTES.items():
        if route.method != "GET" or not has_team(route):
            continue
        if route.key == "secret" and not opens.writes:
            continue
        request = _request(world, key, route, opens.team, _own(world, route, opens))
        shown = things.team_mark if "Member" in name else things.mark
        # A stream begins with what happens from now on, unless it is told where.
        begin = f"?after={things.names['event']}" if name == "streamEvents" else ""
        for query in (begin, *_QUERIES.get(name, ())):
            asked = replace(request, url=f"{request.url}{query}")
            title = f"the content of {name}{query}, {key}"
            yield Cell(title, asked, 200, hidden=tuple(set(hidden)), shown=shown)


_QUERIES = {
    "listTickets": ("?expand=customer", "?sort=-updatedAt", "?status=new,open", "?search=-nothing"),
    "getTicket": ("?expand=customer",),
    "listCustomers": ("?sort=name",),
    "listEvents": ("?types=ticket.*", "?page=1&pageSize=100"),
}


# --- what may be taken once


def _unique_cells(world: World, key: str, opens: Opens) -> Iterator[Cell]:
    for name, param in UNIQUE.items() if opens.writes else ():
        route = ROUTES[name]
        for owner, things in world.things.items():
            kind = "member" if name == "createMember" else ""
            value = {
                "createCustomer": things.email,
                "createMember": things.member_email,
                "createCustomField": things.names["key"],
                "createMailBlock": things.names["blocked"],
            }[name]
            request = _in_body(_request(world, key, route, opens.team, ""), param, value)
            taken = may_see(opens, kind, owner)
            status, code = (409, "RESOURCE_EXISTS") if taken else (route.status, None)
            title = f"{name}, {key}, the {param} of {' '.join(owner)}"
            yield Cell(title, request, status, code)


# --- what was answered to others


def _replay_cells(world: World) -> Iterator[Cell]:
    """An answer that is kept for one key is never given to another."""
    writing = {key: opens for key, opens in KEYS.items() if opens is not None and opens.writes}
    for (_, one), (key, other) in permutations(writing.items(), 2):
        kept = "-".join((one.team, one.environment))
        things = world.things[one.team, one.environment]
        request = _request(world, key, ROUTES["createTicket"], other.team, "")
        headers = (("Idempotency-Key", kept),)
        title = f"createTicket, {key}, an Idempotency-Key of {kept}"
        hidden = (things.mark,)
        yield Cell(title, replace(request, headers=headers), 201, hidden=hidden)


def keep_answers(world: World) -> None:
    """Let each key that writes make a ticket under an Idempotency-Key named after its workspace."""
    for key, opens in KEYS.items():
        if opens is not None and opens.writes:
            things = world.things[opens.team, opens.environment]
            world.client.post(
                f"/api/v1/teams/{opens.team}/tickets",
                json={"title": things.mark},
                headers={
                    "Authorization": world.keys[key] or "",
                    "Idempotency-Key": "-".join((opens.team, opens.environment)),
                },
            )
