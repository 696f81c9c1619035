"""The demo set loads whole, looks lived in, and is found by search in every language it has."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from cstar_core import PRIORITIES, STATUSES, Conflict, Helpdesk, Ticket, Workspace
from cstar_web.demo import DemoCounts, load_demo

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)

# What someone types, and the locale of a ticket that it has to find.
SEARCHES = [
    ("freehub clicks", "en-GB"),
    ("BOND_TIMEOUT", "en-IN"),
    ("bremsbelage", "de-DE"),
    ("AC-20588", "de-DE"),
    ("resilier", "fr-BE"),
    ("nucleo cassette", "es-ES"),
    ("atencao", "pt-BR"),
    ("portapacchi", "it-IT"),
    ("hasło", "pl-PL"),
    ("zasieg", "pl-PL"),
    ("siparis zincir", "tr-TR"),
    ("κρανος", "el-GR"),
    ("παπαδακη", "el-GR"),
    ("領収", "ja-JP"),
    ("届き", "ja-JP"),
    ("佐藤", "ja-JP"),
    ("刹车", "zh-CN"),
    ("付款", "zh-CN"),
    ("輪框", "zh-HK"),
    ("退款", "zh-TW"),
    ("배송", "ko-KR"),
    ("미터", "ko-KR"),
    ("رمز", "ar-AE"),
    ("מטען", "he-IL"),
]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Helpdesk]:
    path = tmp_path_factory.mktemp("demo") / "desk.db"
    with Helpdesk.open(path) as desk:
        desk.teams.create("Acme")
        load_demo(desk, "acme", now=NOW)
        yield desk


@pytest.fixture(scope="module")
def workspace(desk: Helpdesk) -> Workspace:
    return desk.workspace("acme")


@pytest.fixture(scope="module")
def tickets(workspace: Workspace) -> tuple[Ticket, ...]:
    page = workspace.tickets.list(page_size=100, sort="number")
    return tuple(workspace.tickets.get(ticket.id) for ticket in page.items)


def instants(ticket: Ticket) -> list[datetime]:
    assert ticket.messages
    return [ticket.created_at, *(message.created_at for message in ticket.messages)]


def test_the_counts_are_what_the_workspace_holds(tmp_path: Path) -> None:
    with Helpdesk.open(tmp_path / "desk.db") as desk:
        desk.teams.create("Acme")
        counts = load_demo(desk, "acme")
        workspace = desk.workspace("acme")
        listed = workspace.tickets.list(page_size=100)
        assert counts == DemoCounts(
            members=workspace.members.list().total,
            customers=workspace.customers.list().total,
            custom_fields=len(workspace.custom_fields.list()),
            tickets=listed.total,
            messages=sum(ticket.message_count for ticket in listed.items),
        )


@pytest.mark.parametrize(("text", "locale"), SEARCHES)
def test_every_language_is_found_by_search(workspace: Workspace, text: str, locale: str) -> None:
    found = workspace.tickets.list(search=text, page_size=100).items
    assert locale in {ticket.metadata["locale"] for ticket in found}


def test_a_search_does_not_find_everything(workspace: Workspace) -> None:
    assert workspace.tickets.list(search="輪框").total == 1


def test_every_status_is_present(tickets: tuple[Ticket, ...]) -> None:
    assert {ticket.status for ticket in tickets} == set(STATUSES)


def test_every_priority_is_present(tickets: tuple[Ticket, ...]) -> None:
    assert {ticket.priority for ticket in tickets} == set(PRIORITIES)


def test_resolved_and_closed_tickets_say_since_when(tickets: tuple[Ticket, ...]) -> None:
    done = [ticket for ticket in tickets if ticket.status in ("resolved", "closed")]
    assert all(ticket.resolved_at for ticket in done)


def test_a_thread_runs_forward_in_time(tickets: tuple[Ticket, ...]) -> None:
    assert [t.title for t in tickets if instants(t) != sorted(instants(t))] == []


def test_numbers_rise_with_the_time_of_creation(tickets: tuple[Ticket, ...]) -> None:
    created = [ticket.created_at for ticket in tickets]
    assert created == sorted(created)


def test_nothing_happened_in_the_future(tickets: tuple[Ticket, ...]) -> None:
    assert max(ticket.updated_at for ticket in tickets) < NOW


def test_the_newest_ticket_is_less_than_an_hour_old(tickets: tuple[Ticket, ...]) -> None:
    assert NOW - tickets[-1].created_at < timedelta(hours=1)


def test_the_tickets_cover_about_three_months(tickets: tuple[Ticket, ...]) -> None:
    assert timedelta(days=80) < NOW - tickets[0].created_at < timedelta(days=92)


def test_no_customer_is_younger_than_their_ticket(
    workspace: Workspace, tickets: tuple[Ticket, ...]
) -> None:
    for ticket in tickets:
        assert ticket.customer_id
        assert workspace.customers.get(ticket.customer_id).created_at <= ticket.created_at


def test_dates_are_counted_from_today(workspace: Workspace) -> None:
    after_today = {"delivery_date": {"gt": str(date(2026, 3, 1))}}
    assert workspace.tickets.list(custom_fields=after_today).total > 0


def test_an_agent_answers_under_their_own_name(
    workspace: Workspace, tickets: tuple[Ticket, ...]
) -> None:
    names = {member.name for member in workspace.members.list().items}
    senders = {m.sender_name for t in tickets for m in t.messages or () if m.sender == "agent"}
    assert senders <= names


def test_the_events_name_the_member_who_acted(
    workspace: Workspace, tickets: tuple[Ticket, ...]
) -> None:
    closed = next(ticket for ticket in tickets if ticket.status == "closed")
    actors = {event.actor.type for event in workspace.events.of_ticket(closed.id).items}
    assert actors == {"member", "system"}


def test_mail_addresses_are_in_reserved_domains(workspace: Workspace) -> None:
    addresses = [customer.email for customer in workspace.customers.list(page_size=100).items]
    addresses += [member.email for member in workspace.members.list().items]
    ends = ("@example.com", "@example.net", "@example.org", ".example")
    assert [address for address in addresses if address and not address.endswith(ends)] == []


def test_loading_twice_is_refused(desk: Helpdesk) -> None:
    with pytest.raises(Conflict, match='Team "acme" already has live data'):
        load_demo(desk, "acme")


def test_a_refused_load_adds_nothing(desk: Helpdesk, workspace: Workspace) -> None:
    before = workspace.tickets.list().total
    with pytest.raises(Conflict):
        load_demo(desk, "acme")
    assert workspace.tickets.list().total == before


def test_a_workspace_with_one_customer_is_in_use(tmp_path: Path) -> None:
    with Helpdesk.open(tmp_path / "desk.db") as desk:
        desk.teams.create("Acme")
        desk.workspace("acme").customers.create(name="Ada")
        with pytest.raises(Conflict):
            load_demo(desk, "acme")


def test_the_test_workspace_takes_the_demo_beside_the_live_one(tmp_path: Path) -> None:
    with Helpdesk.open(tmp_path / "desk.db") as desk:
        desk.teams.create("Acme")
        live = load_demo(desk, "acme")
        assert load_demo(desk, "acme", "test") == live
        assert desk.workspace("acme").members.list().total == live.members
