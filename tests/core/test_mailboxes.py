"""Mailboxes: their rules, whose they are, their passwords, and which one an address comes to."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cstar_core import (
    MAILBOXES_MAX,
    Busy,
    Conflict,
    Forbidden,
    Helpdesk,
    ImapServer,
    Mailbox,
    NotFound,
    SmtpServer,
    StaleVersion,
    TicketDefaults,
    Workspace,
)
from tests.core.vocabulary import NOTHING, ManualClock, refusal

ADDRESS = "support@example.com"
IMAP = {"host": "imap.example.com", "user": "support", "password": "in-secret"}
SMTP = {"host": "smtp.example.com", "user": "support", "password": "out-secret"}


@pytest.fixture
def support(acme: Workspace) -> Mailbox:
    return acme.mailboxes.create(address=ADDRESS, incoming=IMAP, outgoing=SMTP)


def test_a_mailbox_is_kept_as_it_is_given(acme: Workspace, clock: ManualClock) -> None:
    ada = acme.members.create(name="Ada", email="ada@example.com")
    defaults = {"priority": "high", "tags": ["mail"], "assigned_to": ada.id}
    made = acme.mailboxes.create(
        address="Support@Example.com",
        name="Acme",
        language="de",
        signature="Bye",
        defaults=defaults,
    )
    assert (made.address, made.name, made.language) == ("Support@Example.com", "Acme", "de")
    assert made.defaults == TicketDefaults("high", ("mail",), ada.id, {})
    assert (made.is_active, made.plus_addressing, made.answers_first) == (True, True, False)
    assert (made.incoming, made.outgoing, made.dkim, made.fetched_at) == (None,) * 4
    assert made.created_at == made.updated_at == clock.now
    assert acme.mailboxes.get(made.id) == acme.mailboxes.find(made.id) == made
    assert acme.mailboxes.list() == (made,)


def test_servers_have_the_ports_of_their_kind(support: Mailbox, acme: Workspace) -> None:
    assert support.name == acme.team.name
    assert support.incoming == ImapServer("imap.example.com", 993, "tls", "support")
    assert support.outgoing == SmtpServer("smtp.example.com", 465, "tls", "support")
    plain = acme.mailboxes.update(
        support.id,
        incoming={**IMAP, "security": "starttls", "since": datetime(2026, 1, 1, tzinfo=UTC)},
        outgoing={"host": "relay", "security": "none"},
    )
    since = datetime(2026, 1, 1, tzinfo=UTC)
    assert plain.incoming == ImapServer(
        "imap.example.com", 143, "starttls", "support", "INBOX", False, since
    )
    assert plain.outgoing == SmtpServer("relay", 25, "none", None)


def server(**values: Any) -> dict[str, Any]:
    return {"incoming": {**IMAP, **values}}


PROBLEMS: list[tuple[dict[str, Any], list[str]]] = [
    ({"address": " "}, ["address is required"]),
    ({"address": "x"}, ["address must be an email address"]),
    ({"name": "a\nb"}, ["name must be one line of printable text"]),
    ({"name": ""}, ["name is required"]),
    ({"name": "x" * 101}, ["name must be at most 100 characters"]),
    ({"language": "English"}, ["language must be the code of a language such as en or pt-BR"]),
    ({"signature": "x" * 2001}, ["signature must be at most 2,000 characters"]),
    ({"is_active": 1}, ["is_active must be true or false"]),
    ({"defaults": 7}, ["defaults must be an object"]),
    ({"defaults": {"priority": "x"}},
     ["defaults.priority must be one of: low, normal, high, urgent"]),
    ({"defaults": {"tags": [7]}}, ["defaults.tags.0 must be a string"]),
    ({"defaults": {"assigned_to": NOTHING}},
     ["defaults.assigned_to must be the id of an existing member"]),
    ({"defaults": {"custom_fields": {"x": 1}}}, ["defaults.custom_fields.x is not known"]),
    ({"defaults": {"tag": "a"}}, ["defaults.tag is not known; did you mean defaults.tags?"]),
    ({"incoming": 7}, ["incoming must be an object"]),
    ({"incoming": {}}, ["incoming.host is required", "incoming.user is required"]),
    (server(host="a b"), ["incoming.host must be the name or the address of a host"]),
    (server(port=0), ["incoming.port must be an integer from 1 to 65535"]),
    (server(security="ssl"), ["incoming.security must be one of: tls, starttls, none"]),
    (server(security="none"),
     ["incoming.security must be tls or starttls where somebody signs in"]),
    (server(user="a\r\nb"), ["incoming.user must be one line of printable text"]),
    (server(password="a\r\nb"), ["incoming.password must be one line of printable text"]),
    (server(folder='a\r\n'), ["incoming.folder must be one line of printable text"]),
    (server(delete=1), ["incoming.delete must be true or false"]),
    (server(since=datetime(2026, 1, 1)), ["incoming.since must be an instant with a time zone"]),
    (server(usr=1), ["incoming.usr is not known; did you mean incoming.user?"]),
    ({"outgoing": {"host": "a", "password": "b"}}, ["outgoing.user must go with a password"]),
    ({"outgoing": {"host": "a", "user": "b", "security": "none"}},
     ["outgoing.security must be tls or starttls where somebody signs in"]),
    ({"dkim": {"domain": "a/b", "selector": "s", "key_file": "k"}},
     ["dkim.domain must be a name such as example.com"]),
    ({"dkim": {}},
     ["dkim.domain is required", "dkim.selector is required", "dkim.key_file is required"]),
    ({"x": 1}, ["x is not known"]),
]  # fmt: skip


@pytest.mark.parametrize(("values", "found"), PROBLEMS)
def test_a_rule_that_is_broken_is_named(
    acme: Workspace, support: Mailbox, values: dict[str, Any], found: list[str]
) -> None:
    problems = acme.mailboxes.check({"address": "a@example.com"} | values)
    assert [each.message for each in problems] == found
    assert [each.message for each in acme.mailboxes.check(values, updating=True)] == found
    assert refusal(acme.mailboxes.update, support.id, **values) == found
    assert acme.mailboxes.list() == (support,)


def test_a_password_may_go_in_clear_text_within_the_machine(acme: Workspace) -> None:
    here = {**IMAP, "host": "127.0.0.1", "security": "none", "port": 10143}
    made = acme.mailboxes.create(address=ADDRESS, incoming=here)
    assert made.incoming == ImapServer("127.0.0.1", 10143, "none", "support")


# --- one address, one mailbox; one default


def test_an_address_is_one_mailbox_of_the_desk(
    acme: Workspace, globex: Workspace, sandbox: Workspace, support: Mailbox
) -> None:
    for room in (acme, globex, sandbox):
        with pytest.raises(Conflict, match="address exists already"):
            room.mailboxes.create(address="SUPPORT@example.com")
    other = acme.mailboxes.create(address="sales@example.com")
    with pytest.raises(Conflict, match="address exists already"):
        acme.mailboxes.update(other.id, address=ADDRESS)
    assert acme.mailboxes.update(other.id, address="Sales@example.com").version == 2


def test_a_workspace_has_one_default_while_it_has_a_mailbox(
    acme: Workspace, support: Mailbox
) -> None:
    assert support.is_default
    sales = acme.mailboxes.create(address="sales@example.com")
    assert not sales.is_default
    assert acme.mailboxes.update(sales.id, is_default=True).is_default
    assert not acme.mailboxes.get(support.id).is_default
    assert refusal(acme.mailboxes.update, sales.id, is_default=False) == [
        "is_default must stay true; make another one the default"
    ]
    third = acme.mailboxes.create(address="third@example.com", is_default=True)
    assert [each.is_default for each in acme.mailboxes.list()] == [False, False, True]
    acme.mailboxes.delete(third.id)
    assert [each.is_default for each in acme.mailboxes.list()] == [True, False]


def test_a_workspace_has_at_most_so_many(acme: Workspace) -> None:
    for number in range(MAILBOXES_MAX):
        acme.mailboxes.create(address=f"a{number}@example.com")
    with pytest.raises(Conflict, match="at most 50 mailboxes"):
        acme.mailboxes.create(address="more@example.com")


def test_another_teams_mailbox_is_not_found(
    globex: Workspace, sandbox: Workspace, support: Mailbox
) -> None:
    for room in (globex, sandbox):
        assert room.mailboxes.find(support.id) is None and room.mailboxes.list() == ()
        for act in (room.mailboxes.get, room.mailboxes.delete, room.mailboxes.update):
            with pytest.raises(NotFound, match="Mailbox not found"):
                act(support.id)


def test_a_publishable_key_opens_none(public: Workspace, support: Mailbox) -> None:
    for act in (public.mailboxes.list, lambda: public.mailboxes.get(support.id)):
        with pytest.raises(Forbidden, match="does not open the mailboxes"):
            act()
    with pytest.raises(Forbidden):
        public.mailboxes.create(address="a@example.com")


def test_a_version_that_is_not_the_present_one_is_refused(
    acme: Workspace, support: Mailbox
) -> None:
    acme.mailboxes.update(support.id, name="x", expected_version=1)
    for act in (acme.mailboxes.update, acme.mailboxes.delete):
        with pytest.raises(StaleVersion, match="at version 2"):
            act(support.id, expected_version=1)


# --- passwords


def passwords(desk: Helpdesk, mailbox: Mailbox) -> tuple[str | None, str | None]:
    account = desk.mail_accounts.get(mailbox.id)
    return account.incoming_password, account.outgoing_password


KEPT: list[tuple[dict[str, Any], tuple[str | None, str | None]]] = [
    ({"incoming": {"host": "imap.example.com", "user": "support", "folder": "Help"}},
     ("in-secret", "out-secret")),
    ({"incoming": {"host": "evil.example.com", "user": "support"}}, (None, "out-secret")),
    ({"incoming": {"host": "imap.example.com", "user": "other"}}, (None, "out-secret")),
    ({"incoming": {"host": "imap.example.com", "user": "support", "port": 9993}},
     (None, "out-secret")),
    ({"incoming": {**IMAP, "password": "new"}}, ("new", "out-secret")),
    ({"incoming": None}, (None, "out-secret")),
    ({"outgoing": {"host": "evil.example.com", "user": "support"}}, ("in-secret", None)),
    ({"outgoing": {"host": "smtp.example.com", "user": "support"}}, ("in-secret", "out-secret")),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "expected"), KEPT)
def test_a_password_stays_with_the_server_that_it_was_given_for(
    desk: Helpdesk,
    acme: Workspace,
    support: Mailbox,
    changes: dict[str, Any],
    expected: tuple[str | None, str | None],
) -> None:
    acme.mailboxes.update(support.id, **changes)
    assert passwords(desk, support) == expected


def test_no_password_is_shown_or_told(desk: Helpdesk, acme: Workspace, support: Mailbox) -> None:
    acme.mailboxes.update(support.id, incoming={**IMAP, "password": "another-secret"})
    account = desk.mail_accounts.get(support.id)
    told = [repr((each.data, each.changes)) for each in acme.events.list().items]
    for text in (*told, repr(account), repr(acme.mailboxes.list())):
        assert "secret" not in text
    last = acme.events.list(types="mailbox.updated").items[-1]
    assert (last.data, last.changes) == (
        {"address": ADDRESS, "passwordsChanged": ["incoming"]}, {},
    )  # fmt: skip


def test_what_happens_to_a_mailbox_is_told(acme: Workspace, support: Mailbox) -> None:
    assert acme.mailboxes.update(support.id, name=support.name) == support
    acme.mailboxes.update(support.id, signature="Bye")
    acme.mailboxes.delete(support.id)
    told = [
        (each.type, each.data, each.changes) for each in acme.events.list(types="mailbox.*").items
    ]
    assert told == [
        ("mailbox.created", {"address": ADDRESS}, {}),
        ("mailbox.updated", {"address": ADDRESS}, {"signature": {"from": "", "to": "Bye"}}),
        ("mailbox.deleted", {"address": ADDRESS}, {}),
    ]


# --- for the desk's own programs


def test_an_address_comes_to_its_mailbox(desk: Helpdesk, acme: Workspace, support: Mailbox) -> None:
    plus = acme.mailboxes.create(address="a+b@example.com", plus_addressing=False)
    for address, mailbox in {
        "SUPPORT@EXAMPLE.COM": support,
        "support+token@example.com": support,
        "support+a+b@example.com": support,
        "a+b@example.com": plus,
        "a+b+c@example.com": None,
        "a@example.com": None,
        "+support@example.com": None,
        "support@example.org": None,
        "": None,
    }.items():
        found = desk.mail_accounts.find(address)
        assert (found and found.mailbox) == mailbox, address
    eu = acme.mailboxes.create(address="support+eu@example.com")
    assert (found := desk.mail_accounts.find("support+EU+token@example.com"))
    assert found.mailbox == eu
    acme.mailboxes.update(support.id, plus_addressing=False)
    assert desk.mail_accounts.find("support+token@example.com") is None
    acme.mailboxes.update(support.id, is_active=False)
    assert desk.mail_accounts.find(ADDRESS) is None


def test_an_account_says_whose_it_is(desk: Helpdesk, acme: Workspace, sandbox: Workspace) -> None:
    assert not desk.mail_accounts.is_any() and desk.mail_accounts.list() == ()
    made = sandbox.mailboxes.create(address=ADDRESS)
    (account,) = desk.mail_accounts.list()
    assert account == desk.mail_accounts.get(made.id)
    assert (account.team_id, account.environment) == (acme.team.id, "test")
    assert (account.uid_validity, account.last_uid) == (None, 0)
    assert desk.mail_accounts.is_any()
    sandbox.mailboxes.update(made.id, is_active=False)
    assert not desk.mail_accounts.is_any()
    with pytest.raises(NotFound):
        desk.mail_accounts.get("x")


def test_health_says_since_when_fetching_fails(
    desk: Helpdesk, acme: Workspace, support: Mailbox, clock: ManualClock
) -> None:
    began = clock.now
    desk.mail_accounts.note_failed(support.id, "no route " * 100)
    clock.tick(minutes=1)
    desk.mail_accounts.note_failed(support.id, "timed out")
    found = acme.mailboxes.get(support.id)
    assert (found.failing_since, found.failure, found.version) == (began, "timed out", 1)
    desk.mail_accounts.note_fetched(support.id)
    found = acme.mailboxes.get(support.id)
    assert (found.fetched_at, found.failing_since, found.failure) == (clock.now, None, None)


def test_another_folder_is_read_from_its_beginning(
    desk: Helpdesk, acme: Workspace, support: Mailbox
) -> None:
    before = desk.mail_accounts.get(support.id)
    desk.mail_accounts.note_opened(before, 7)
    desk.mail_accounts.note_passed(support.id, 7, 12)
    desk.mail_accounts.note_failed(support.id, "x")
    acme.mailboxes.update(support.id, incoming={**IMAP, "port": 9993})
    account = desk.mail_accounts.get(support.id)
    assert (account.uid_validity, account.last_uid) == (7, 12)
    acme.mailboxes.update(support.id, incoming={**IMAP, "folder": "Help"})
    account = desk.mail_accounts.get(support.id)
    assert (account.uid_validity, account.last_uid, account.mailbox.failure) == (None, 0, None)
    # Whoever still reads the folder of before moves nothing.
    desk.mail_accounts.note_passed(support.id, 7, 99)
    assert desk.mail_accounts.get(support.id).last_uid == 0
    with pytest.raises(StaleVersion, match="changed meanwhile"):
        desk.mail_accounts.note_opened(before, 7)
    desk.mail_accounts.note_opened(account, 9)
    assert desk.mail_accounts.get(support.id).uid_validity == 9


def test_a_cursor_moves_forward_only(desk: Helpdesk, support: Mailbox) -> None:
    desk.mail_accounts.note_opened(desk.mail_accounts.get(support.id), 7)
    for uid in (5, 3):
        desk.mail_accounts.note_passed(support.id, 7, uid)
    desk.mail_accounts.note_passed(support.id, 8, 100)
    account = desk.mail_accounts.get(support.id)
    assert (account.uid_validity, account.last_uid) == (7, 5)


def test_one_program_fetches(desk: Helpdesk, acme: Workspace, path: Path) -> None:
    with desk.mail_accounts.alone() as changes, Helpdesk.open(path) as other:
        with pytest.raises(Busy, match="Another program fetches"), other.mail_accounts.alone():
            pass
        before = changes()
        other.workspace("acme").tickets.create(title="x")
        assert changes() != before
    with desk.mail_accounts.alone():
        pass
