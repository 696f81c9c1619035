"""The Python client against the real server, over a real socket."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from cstar_core import Helpdesk
from cstar_web import client as package
from cstar_web.app import create_app
from cstar_web.client import (
    AuthenticationError,
    AuthorizationError,
    Client,
    ConflictError,
    NotFoundError,
    Problem,
    RateLimitError,
    ValidationError,
)
from cstar_web.settings import Settings
from tests.web.sockets import Address, running
from tests.web.test_server import needs_ipv6
from tests.web.vocabulary import Keyring, ManualClock
from tests.web.world import limitless

ROOT = Path(__file__).parents[2]
NOTHING = "0" * 32
Opening = Callable[..., Client]


@pytest.fixture
def address(desk: Helpdesk) -> Iterator[Address]:
    with running(application=create_app(desk, limitless())) as found:
        yield found


@pytest.fixture
def url(address: Address) -> str:
    return f"http://{address[0]}:{address[1]}"


@pytest.fixture
def acme(url: str, keyring: Keyring) -> Iterator[Client]:
    """A client with a secret live key."""
    with Client(url, keyring.secret) as client:
        yield client


@pytest.fixture
def visitor(url: str, keyring: Keyring) -> Iterator[Client]:
    """A client with a publishable live key."""
    with Client(url, keyring.publishable) as client:
        yield client


# --- alone


def test_importing_it_needs_nothing_that_is_to_be_installed() -> None:
    code = (
        "import sys\n"
        "class Wall:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        first = name.partition('.')[0]\n"
        "        if first not in sys.stdlib_module_names | {'cstar_web'}:\n"
        "            raise ImportError('not installed: ' + name)\n"
        "sys.meta_path.insert(0, Wall())\n"
        "from cstar_web.client import Client\n"
        "print(Client('http://127.0.0.1:1', 'sk_live_your_key'))\n"
        "print(sorted(set(sys.modules) & {'flask', 'marshmallow', 'waitress', 'click', 'peewee'}))"
    )
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert run.stdout == "<Client of http://127.0.0.1:1/api/v1>\n[]\n"


def test_its_public_names_are_those_that_it_promises() -> None:
    assert all(hasattr(package, name) for name in package.__all__)
    assert all(package.__dict__[name].__doc__ for name in package.__all__)


@pytest.mark.parametrize(
    "url",
    [
        "desk.example.com",
        "ftp://desk.example.com",
        "http://",
        "http://me:secret@desk.example.com",
        "http://desk.example.com/?a=b",
        "http://desk.example.com/#a",
        "http://desk.example.com/a b",
        "http://desk.example.com:port",
    ],
)
def test_an_url_that_cannot_be_right_is_refused(url: str) -> None:
    with pytest.raises(ValueError):
        Client(url, "sk_live_your_key")


@pytest.mark.parametrize("key", ["", "sk live", "sk_live\r\nHost: a", "ключ", None, "a" * 256])
def test_a_key_that_cannot_be_right_is_refused_and_not_shown(key: Any) -> None:
    with pytest.raises(ValueError, match="key must be an API key") as caught:
        Client("http://127.0.0.1", key)
    assert not key or key not in str(caught.value)


@pytest.mark.parametrize("options", [{"timeout": 0}, {"retries": -1}, {"team": "a/b"}])
def test_other_options_that_cannot_be_right_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        Client("http://127.0.0.1", "sk_live_your_key", **options)


def test_the_key_is_in_nothing_that_is_shown() -> None:
    with Client("https://desk.example.com", "sk_live_secret") as client:
        shown = [repr(client), str(client), repr(vars(client)), repr(vars(client._connections))]
    assert "sk_live_secret" not in "".join(shown)


@pytest.mark.parametrize("path", ["", "/", "/api/v1", "/api/v1/"])
def test_the_url_may_be_that_of_the_api(url: str, keyring: Keyring, path: str) -> None:
    with Client(url + path, keyring.secret) as client:
        assert client.whoami().team_slug == "acme"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://127.0.0.1:80", "http://127.0.0.1/api/v1"),
        ("https://Desk.Example.com:8443/a/b/", "https://desk.example.com:8443/a/b/api/v1"),
        ("https://[2001:db8::1]", "https://[2001:db8::1]/api/v1"),
    ],
)
def test_a_client_shows_where_it_asks(url: str, shown: str) -> None:
    assert repr(Client(url, "sk_live_your_key")) == f"<Client of {shown}>"


@needs_ipv6
def test_a_server_may_have_an_ipv6_address(desk: Helpdesk, keyring: Keyring) -> None:
    with (
        running(host="::1", application=create_app(desk, limitless())) as found,
        Client(f"http://[::1]:{found[1]}", keyring.secret) as client,
    ):
        assert client.whoami().team_slug == "acme"


# --- what it opens


def test_whoami_says_what_the_key_opens(acme: Client) -> None:
    opened = acme.whoami()

    assert (opened.team_name, opened.key_type, opened.environment) == ("Acme", "secret", "live")


def test_the_team_may_be_named(url: str, keyring: Keyring) -> None:
    with Client(url, keyring.secret, team="acme") as client:
        assert client.tickets.list().total == 0


def test_a_team_that_the_key_does_not_open_is_refused(url: str, keyring: Keyring) -> None:
    with (
        Client(url, keyring.secret, team="other") as client,
        pytest.raises(AuthorizationError) as caught,
    ):
        client.tickets.list()
    assert (caught.value.status, caught.value.code) == (403, "insufficient_permissions")


def test_a_test_key_opens_other_data(url: str, keyring: Keyring, acme: Client) -> None:
    acme.tickets.create(title="Live")

    with Client(url, keyring.test) as sandbox:
        assert sandbox.tickets.list().items == ()


# --- tickets and messages


def test_a_ticket_goes_through_its_life(acme: Client, clock: ManualClock) -> None:
    made = acme.tickets.create(
        title="Cannot log in",
        customer_name="Jane Smith",
        tags=["login"],
        metadata={"order_id": 7},
        initial_message="The new password does not work.",
    )
    clock.tick(hours=1)
    changed = acme.tickets.update(made.id, status="resolved", metadata={"orderId": 8})

    assert made.created_at == datetime(2025, 12, 10, 14, 30, tzinfo=UTC)
    assert changed.resolved_at == datetime(2025, 12, 10, 15, 30, tzinfo=UTC)
    assert (changed.number, changed.customer_name, changed.tags) == (1, "Jane Smith", ("login",))
    assert changed.metadata == {"order_id": 7, "orderId": 8}
    assert acme.tickets.get(made.id) == changed
    acme.tickets.delete(made.id)
    with pytest.raises(NotFoundError, match="Ticket not found"):
        acme.tickets.get(made.id)


def test_the_messages_of_a_ticket_are_values_too(acme: Client) -> None:
    ticket = acme.tickets.create(title="Late", initial_message="Where is it?")
    note = acme.messages.create(ticket.id, content="Looking", is_internal=True, sender_name="Ada")

    assert (note.sender, note.sender_name, note.is_internal) == ("agent", "Ada", True)
    assert acme.messages.list(ticket.id) == acme.tickets.get(ticket.id).messages
    assert [each.content for each in acme.messages.list(ticket.id)] == ["Where is it?", "Looking"]


def test_the_customer_is_there_if_it_is_asked_for(acme: Client) -> None:
    made = acme.tickets.create(title="Late", customer_name="Jane", customer_email="j@example.com")

    assert made.customer is None
    expanded = acme.tickets.get(made.id, expand="customer").customer
    assert expanded and (expanded.email, expanded.ticket_count) == ("j@example.com", 1)
    assert [each.customer for each in acme.tickets.list(expand="customer")] == [expanded]


def test_a_value_cannot_be_changed(acme: Client) -> None:
    ticket = acme.tickets.create(title="Late")

    with pytest.raises(FrozenInstanceError):
        ticket.title = "Early"  # type: ignore[misc]
    assert replace(ticket, title="Early").title == "Early"


def test_members_that_a_later_server_adds_break_nothing(acme: Client) -> None:
    ticket = acme.tickets.create(title="Late")

    later = package.read(package.Ticket, {**ticket.raw, "mood": "angry"}, ticket.etag)

    assert later == ticket
    assert later.raw["mood"] == "angry"


def test_a_publishable_key_gets_values_without_what_is_internal(
    acme: Client, visitor: Client
) -> None:
    made = acme.tickets.create(title="Late", notes="Rude", metadata={"a": 1}, customer_name="Jane")
    seen = visitor.tickets.get(made.id, expand="customer")

    assert (seen.notes, seen.metadata) == (None, {})
    assert seen.customer and seen.customer.notes is None
    with pytest.raises(AuthorizationError, match="Secret key required"):
        visitor.tickets.update(made.id, title="Early")


# --- lists


def test_going_through_a_list_goes_through_all_its_pages(acme: Client) -> None:
    for number in range(1, 8):
        acme.tickets.create(title=f"Ticket {number}")

    page = acme.tickets.list(sort="number", page_size=3)

    assert [len(page.items), page.total, page.has_more] == [3, 7, True]
    assert [ticket.number for ticket in page] == [1, 2, 3, 4, 5, 6, 7]
    second = acme.tickets.list(sort="number", page_size=3, page=2)
    assert [ticket.number for ticket in second] == [4, 5, 6, 7]
    last = acme.tickets.list(sort="number", page_size=3, page=3)
    assert ([ticket.number for ticket in last], last.next_page()) == ([7], None)


def test_pages_are_fetched_as_they_are_needed(acme: Client) -> None:
    for number in range(1, 5):
        acme.tickets.create(title=f"Ticket {number}")

    tickets = iter(acme.tickets.list(sort="number", page_size=2))
    assert next(tickets).number == 1
    acme.tickets.create(title="Ticket 5")

    assert [ticket.number for ticket in tickets] == [2, 3, 4, 5]


def test_what_is_added_meanwhile_neither_skips_nor_repeats(acme: Client) -> None:
    for number in range(1, 6):
        acme.tickets.create(title=f"Ticket {number}")

    tickets = iter(acme.tickets.list(page_size=2))
    seen = [next(tickets).number, next(tickets).number]
    acme.tickets.create(title="Newer")

    assert [*seen, *(ticket.number for ticket in tickets)] == [5, 4, 3, 2, 1]


def test_filters_are_keyword_arguments(acme: Client, clock: ManualClock) -> None:
    acme.custom_fields.create(name="Seats", key="seats", type="number", entity_type="tickets")
    acme.custom_fields.create(name="Due", key="due_on", type="date", entity_type="tickets")
    acme.custom_fields.create(name="Paid", key="paid", type="boolean", entity_type="tickets")
    values = {"seats": 12, "due_on": date(2026, 2, 28), "paid": True}
    found = acme.tickets.create(title="Quote", tags="a, b", priority="high", custom_fields=values)
    clock.tick(hours=1)
    acme.tickets.create(title="Other", status="closed")

    def numbers(**filters: Any) -> list[int]:
        return [ticket.number for ticket in acme.tickets.list(**filters)]

    assert found.custom_fields == {"seats": 12, "due_on": "2026-02-28", "paid": True}
    assert numbers(status=["new", "open"]) == numbers(status="new,open") == [1]
    assert numbers(tag=("a", "b")) == numbers(search="quo") == numbers(priority="high") == [1]
    assert numbers(custom_fields={"seats": {"gte": 10, "lt": 12.5}}) == [1]
    assert numbers(custom_fields={"paid": True, "due_on": date(2026, 2, 28)}) == [1]
    assert numbers(created_after=found.created_at) == [2]
    assert numbers(assigned_to="none", customer_id=None, sort="-created_at") == [2, 1]
    assert numbers(search="quote", sort="relevance", status="closed") == []


def test_an_instant_without_a_time_zone_is_refused(acme: Client) -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        acme.tickets.list(created_after=datetime(2025, 12, 10))


# --- the other resources


def test_customers_have_the_same_verbs(acme: Client) -> None:
    made = acme.customers.create(name="Jane", email="jane@example.com", tags=["vip"])
    changed = acme.customers.update(made.id, email=None, notes="Calls")

    assert (changed.email, changed.notes, changed.tags) == (None, "Calls", ("vip",))
    assert [each.id for each in acme.customers.list(tag="vip", sort="name")] == [made.id]
    acme.customers.delete(made.id)
    with pytest.raises(NotFoundError):
        acme.customers.get(made.id)


def test_members_have_the_same_verbs(acme: Client) -> None:
    made = acme.members.create(name="Ada", email="ada@example.com", role="owner")

    assert acme.members.update(made.id, role="viewer").role == "viewer"
    assert [each.id for each in acme.members.list()] == [made.id]
    acme.members.delete(made.id)
    with pytest.raises(NotFoundError):
        acme.members.get(made.id)


def test_custom_fields_have_the_same_verbs(acme: Client) -> None:
    made = acme.custom_fields.create(
        name="Region", key="region", type="select", entity_type="tickets", options=["US", "EU"]
    )
    acme.tickets.create(title="Late", custom_fields={"region": "EU"})
    renamed = acme.custom_fields.update(made.id, rename_options={"EU": "EMEA"})

    assert renamed.options == ("US", "EMEA")
    assert acme.custom_fields.get(made.id) == renamed
    assert [each.key for each in acme.custom_fields.list(entity_type="tickets")] == ["region"]
    assert acme.custom_fields.list(entity_type="customers") == ()
    assert acme.custom_fields.delete(made.id) == 1


def test_events_tell_what_happened_and_by_whom(acme: Client) -> None:
    ticket = acme.tickets.create(title="Late")
    acme.tickets.update(ticket.id, status="resolved")

    kinds = [event.type for event in acme.events.list(types=["ticket.*"], page_size=1)]
    assert kinds == ["ticket.created", "ticket.updated", "ticket.resolved"]
    first, *rest = acme.events.of_ticket(ticket.id)
    assert first.actor.type == "key" and first.object_id == ticket.id
    assert list(acme.events.list(after=first.id)) == rest


# --- safe writes


def test_a_change_meant_for_another_state_is_refused(acme: Client) -> None:
    read = acme.tickets.create(title="Late")
    acme.tickets.update(read.id, title="Later", if_match=read.etag)

    with pytest.raises(ConflictError) as caught:
        acme.tickets.update(read.id, title="Latest", if_match=read.etag)
    with pytest.raises(ConflictError):
        acme.tickets.delete(read.id, if_match=read.etag)
    assert (caught.value.status, caught.value.code) == (412, "STALE_VERSION")
    assert acme.tickets.get(read.id).title == "Later"


def test_what_has_no_tag_cannot_be_changed_as_if_it_had_one(acme: Client) -> None:
    acme.tickets.create(title="Late")
    (listed,) = acme.tickets.list()

    with pytest.raises(ValueError, match="get the object first"):
        acme.tickets.update(listed.id, title="Later", if_match=listed.etag)
    assert acme.tickets.get(listed.id).title == "Late"


def test_a_key_of_ones_own_repeats_nothing(acme: Client) -> None:
    first = acme.tickets.create(title="Late", idempotency_key="order-1")

    assert acme.tickets.create(title="Late", idempotency_key="order-1") == first
    with pytest.raises(ValidationError) as caught:
        acme.tickets.create(title="Other", idempotency_key="order-1")
    assert caught.value.code == "IDEMPOTENCY_KEY_REUSED"
    assert acme.tickets.list().total == 1


def test_the_same_call_twice_is_two_tickets(acme: Client) -> None:
    acme.tickets.create(title="Late")
    acme.tickets.create(title="Late")

    assert acme.tickets.list().total == 2


@pytest.mark.parametrize("name", ["idempotency_key", "if_match"])
def test_a_header_cannot_be_smuggled_in(acme: Client, name: str) -> None:
    ticket = acme.tickets.create(title="Late")

    with pytest.raises(ValueError, match="visible ASCII"):
        acme.tickets.update(ticket.id, **{name: "a\r\nX-Other: b"})


@pytest.mark.parametrize("id", ["", ".", "..", "../customers", "tkt_1/messages", "a?b", "a#b", "ä"])
def test_what_cannot_be_an_id_is_not_sent(acme: Client, id: str) -> None:
    with pytest.raises(ValueError, match="is not an id"):
        acme.tickets.delete(id)


# --- errors


def test_everything_that_is_wrong_is_told(acme: Client) -> None:
    with pytest.raises(ValidationError) as caught:
        acme.tickets.create(title=" ", priority="hihg", tags=["a,b"])

    error = caught.value
    assert (error.status, error.code, error.param) == (400, "PARAMETER_MISSING", "title")
    assert str(error) == error.message == "title is required"
    assert error.request_id and error.request_id.startswith("req_")
    assert [problem.param for problem in error.errors] == ["title", "priority", "tags.0"]


def test_one_thing_that_is_wrong_is_in_errors_too(acme: Client) -> None:
    with pytest.raises(ValidationError) as caught:
        acme.tickets.create(title="Late", customer_ids="cus_1")  # type: ignore[call-arg]

    (problem,) = caught.value.errors
    assert problem == Problem("PARAMETER_UNKNOWN", caught.value.message, "customerIds")
    assert "did you mean customerId" in problem.message


def test_a_taken_address_is_a_conflict(acme: Client) -> None:
    acme.customers.create(name="Jane", email="jane@example.com")

    with pytest.raises(ConflictError) as caught:
        acme.customers.create(name="Janet", email="JANE@example.com")
    assert (caught.value.code, caught.value.param) == ("RESOURCE_EXISTS", "email")


def test_another_teams_ticket_is_not_found(acme: Client, url: str, keyring: Keyring) -> None:
    ticket = acme.tickets.create(title="Late")

    with Client(url, keyring.other) as other, pytest.raises(NotFoundError):
        other.tickets.get(ticket.id)


def test_an_unknown_key_is_not_authenticated(url: str) -> None:
    with Client(url, "sk_live_" + 32 * "a") as client, pytest.raises(AuthenticationError) as caught:
        client.tickets.list()
    assert (caught.value.status, caught.value.code) == (401, "authentication_required")


def test_a_long_wait_for_the_next_hour_is_told_and_not_waited_for(
    desk: Helpdesk, keyring: Keyring
) -> None:
    application = create_app(desk, Settings(secret_key_limit="2/hour"))
    waits: list[float] = []
    with running(application=application) as (host, port):
        url = f"http://{host}:{port}"
        with Client(url, keyring.secret, team="acme", sleep=waits.append) as client:
            client.tickets.list()
            client.tickets.list()
            with pytest.raises(RateLimitError) as caught:
                client.tickets.list()
    assert caught.value.code == "rate_limit_exceeded"
    assert caught.value.retry_after and caught.value.retry_after > 60
    assert waits == []


def test_a_value_that_is_not_json_is_not_sent(acme: Client) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        acme.tickets.create(title="Late", metadata={"a": float("nan")})
    with pytest.raises(TypeError, match="set cannot be sent as JSON"):
        acme.tickets.create(title="Late", metadata={"a": {1, 2}})


def test_a_body_that_is_too_large_is_refused(acme: Client) -> None:
    with pytest.raises(ValidationError) as caught:
        acme.tickets.create(title="Late", notes="a" * 3_000_000)
    assert caught.value.code == "PAYLOAD_TOO_LARGE"


# --- connections


def test_a_closed_client_says_so(url: str, keyring: Keyring) -> None:
    client = Client(url, keyring.secret)
    client.whoami()
    client.close()
    client.close()

    with pytest.raises(RuntimeError, match="closed"):
        client.whoami()


def test_threads_share_a_client(acme: Client) -> None:
    start = threading.Barrier(8)

    def make(number: int) -> str:
        if number < 8:
            start.wait(10)
        return acme.tickets.create(title=f"Ticket {number}").title

    with ThreadPoolExecutor(8) as pool:
        titles = list(pool.map(make, range(64)))
    assert titles == [f"Ticket {number}" for number in range(64)]
    assert acme.tickets.list().total == 64
