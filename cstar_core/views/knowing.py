"""What the names in a text refer to, looked up in a workspace."""

from cstar_core import facets
from cstar_core.checks import check_text
from cstar_core.clock import from_seconds
from cstar_core.customers import Customers
from cstar_core.ids import parse_id, public_id
from cstar_core.members import fold_email, member_names
from cstar_core.pages import PAGE_SIZE_MAX
from cstar_core.scope import Scope
from cstar_core.store import Snapshot, Store
from cstar_core.views.completing import SUGGESTIONS_MAX
from cstar_core.views.language import read_query
from cstar_core.views.meaning import VIEW_TEXT_MAX, Colleague, Known
from cstar_core.words import SEARCH_MAX

# A list has the tickets of one customer; who names several is told so.
NAMED_MAX = 5
_TICKETS = "tickets"


def known_in(
    snap: Snapshot,
    scope: Scope,
    now: int,
    customers: dict[str, tuple[str, ...]] | None = None,
) -> Known:
    """What is known in a workspace at a moment."""
    members = tuple(
        Colleague(public_id("member", uid), name, email)
        for uid, name, email in member_names(snap, scope)
    )
    me = scope.actor.id if scope.actor.type == "member" else None
    here = any(member.id == me for member in members)
    fields = facets.definitions(snap, scope.workspace_id, _TICKETS)
    named = {} if customers is None else customers
    return Known(from_seconds(now), me if here else None, members, fields, named)


def tags_in(snap: Snapshot, scope: Scope, begun: str) -> tuple[str, ...]:
    """The tags of tickets that begin so, to complete one."""
    return facets.begun_tags(snap, scope.workspace_id, _TICKETS, begun, SUGGESTIONS_MAX)


def customers_in(store: Store, scope: Scope, text: str) -> dict[str, tuple[str, ...]]:
    """The ids of the customers whose names or addresses a text gives."""
    if check_text("text", text, VIEW_TEXT_MAX):
        return {}
    terms = read_query(text, ()).terms
    named = [term.values[0] for term in terms if term.name == "customer" and term.values]
    asked = dict.fromkeys(name for name in named if parse_id("customer", name) is None)
    return {name: _customers(store, scope, name) for name in list(asked)[:NAMED_MAX]}


def _customers(store: Store, scope: Scope, name: str) -> tuple[str, ...]:
    """Those of exactly this name or address; of very many, among the newest."""
    phrase = '"' + name.replace('"', " ") + '"'
    if not name.strip() or len(phrase) > SEARCH_MAX:
        return ()
    found = Customers(store, scope).list(search=phrase, page_size=PAGE_SIZE_MAX).items
    wanted = fold_email(name.strip())
    by_address = [one.id for one in found if one.email and fold_email(one.email) == wanted]
    by_name = [one.id for one in found if fold_email(one.name.strip()) == wanted]
    return tuple(by_address or by_name)
