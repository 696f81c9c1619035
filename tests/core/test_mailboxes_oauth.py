"""Mailboxes that sign in with tokens: their rules, their secrets, and who may ask for a token."""

from pathlib import Path
from typing import Any

import pytest

from cstar_core import Helpdesk, Mailbox, MailOAuth, MailReply, NotFound, Workspace
from tests.core.correspondence import JANE, PACE, Server, ticket_of_jane
from tests.core.vocabulary import NOTHING, ManualClock, refusal

ADDRESS = "support@example.com"
IMAP = {"host": "imap.example.com", "user": "support", "auth": "oauth"}
SMTP = {"host": "smtp.example.com", "user": "support", "auth": "oauth"}
TOKEN_URL = "https://id.example.com/token"
CUSTOM = {"provider": "custom", "client_id": "cstar", "token_url": TOKEN_URL}
SECRETS = {"client_secret": "a-secret", "refresh_token": "r-secret"}
MICROSOFT = "https://login.microsoftonline.com"


@pytest.fixture
def support(acme: Workspace) -> Mailbox:
    return acme.mailboxes.create(
        address=ADDRESS, incoming=IMAP, outgoing=SMTP, oauth=CUSTOM | SECRETS
    )


def secrets(desk: Helpdesk, mailbox: Mailbox) -> tuple[str | None, str | None]:
    account = desk.mail_accounts.get(mailbox.id)
    return account.client_secret, account.refresh_token


PRESETS: list[tuple[dict[str, Any], MailOAuth]] = [
    (
        {"provider": "google", "client_id": "x"},
        MailOAuth(
            "google", "x", "refresh_token", ("https://mail.google.com/",),
            "https://oauth2.googleapis.com/token", "https://accounts.google.com/o/oauth2/v2/auth",
        ),
    ),
    (
        {"provider": "microsoft", "client_id": "x"},
        MailOAuth(
            "microsoft", "x", "refresh_token",
            ("https://outlook.office.com/IMAP.AccessAsUser.All",
             "https://outlook.office.com/SMTP.Send", "offline_access"),
            f"{MICROSOFT}/common/oauth2/v2.0/token", f"{MICROSOFT}/common/oauth2/v2.0/authorize",
            f"{MICROSOFT}/common/oauth2/v2.0/devicecode",
        ),
    ),
    (
        {"provider": "microsoft", "client_id": "x", "tenant": "acme.example",
         "grant": "client_credentials"},
        MailOAuth(
            "microsoft", "x", "client_credentials", ("https://outlook.office365.com/.default",),
            f"{MICROSOFT}/acme.example/oauth2/v2.0/token",
            f"{MICROSOFT}/acme.example/oauth2/v2.0/authorize",
            f"{MICROSOFT}/acme.example/oauth2/v2.0/devicecode",
        ),
    ),
    (
        {"provider": "google", "client_id": "x", "token_url": "http://127.0.0.1:8/t", "scopes": []},
        MailOAuth(
            "google", "x", "refresh_token", (), "http://127.0.0.1:8/t",
            "https://accounts.google.com/o/oauth2/v2/auth",
        ),
    ),
    (CUSTOM, MailOAuth("custom", "cstar", "refresh_token", (), TOKEN_URL)),
]  # fmt: skip


@pytest.mark.parametrize(("given", "made"), PRESETS)
def test_what_a_provider_has_need_not_be_given(
    acme: Workspace, given: dict[str, Any], made: MailOAuth
) -> None:
    mailbox = acme.mailboxes.create(address=ADDRESS, incoming=IMAP, oauth=given)
    assert (mailbox.oauth, mailbox.is_authorized) == (made, False)
    assert mailbox.incoming and mailbox.incoming.auth == "oauth"
    assert acme.mailboxes.get(mailbox.id) == mailbox


def custom(**values: Any) -> dict[str, Any]:
    return {"oauth": CUSTOM | values}


PROBLEMS: list[tuple[dict[str, Any], list[str]]] = [
    ({"oauth": 7}, ["oauth must be an object"]),
    ({"oauth": {}}, ["oauth.provider is required", "oauth.client_id is required"]),
    ({"oauth": {"provider": "custom", "client_id": "x"}}, ["oauth.token_url is required"]),
    (custom(provider="yahoo"), ["oauth.provider must be one of: google, microsoft, custom"]),
    (custom(client_id="a\nb"), ["oauth.client_id must be one line of printable text"]),
    (custom(grant="password"),
     ["oauth.grant must be one of: refresh_token, client_credentials"]),
    (custom(token_url="http://id.example.com/"), ["oauth.token_url must begin with https://"]),
    (custom(token_url="x"), ["oauth.token_url must begin with http:// or https://"]),
    (custom(device_url="https://a@b/"), ["oauth.device_url must not have a user or password"]),
    (custom(authorization_url=7), ["oauth.authorization_url must be a string"]),
    (custom(scopes="mail"), ["oauth.scopes must be a list"]),
    (custom(scopes=["a b"]), ["oauth.scopes must be names of scopes, without blanks"]),
    (custom(scopes=[7]), ["oauth.scopes must be names of scopes, without blanks"]),
    (custom(scopes=["a"] * 21), ["oauth.scopes must have at most 20 entries"]),
    (custom(tenant="acme"), ["oauth.tenant must go with microsoft"]),
    (custom(client_secret="a\r\nb"), ["oauth.client_secret must be one line of printable text"]),
    (custom(refresh_token="x" * 8193),
     ["oauth.refresh_token must be at most 8,192 characters"]),
    ({"oauth": {"provider": "microsoft", "client_id": "x", "tenant": "a/b"}},
     ["oauth.tenant must be a name such as example.com"]),
    ({"oauth": {"provider": "microsoft", "client_id": "x", "grant": "client_credentials"}},
     ["oauth.tenant is required"]),
    ({"oauth": {"provider": "google", "client_id": "x", "grant": "client_credentials"}},
     ["oauth.grant must be refresh_token with google"]),
    (custom(clientid="x"), ["oauth.clientid is not known; did you mean oauth.client_id?"]),
    ({"incoming": IMAP | {"auth": "token"}}, ["incoming.auth must be one of: password, oauth"]),
    ({"incoming": IMAP | {"password": "x"}}, ["incoming.password must not go with oauth"]),
    ({"incoming": IMAP | {"security": "none"}},
     ["incoming.security must be tls or starttls where somebody signs in"]),
    ({"outgoing": {"host": "a", "auth": "oauth"}}, ["outgoing.user must go with oauth"]),
    ({"oauth": None}, ["incoming.auth must be password for a mailbox without oauth",
                       "outgoing.auth must be password for a mailbox without oauth"]),
]  # fmt: skip


@pytest.mark.parametrize(("values", "found"), PROBLEMS)
def test_a_rule_that_is_broken_is_named(
    acme: Workspace, support: Mailbox, values: dict[str, Any], found: list[str]
) -> None:
    whole = {"incoming": IMAP, "outgoing": SMTP, "oauth": CUSTOM} | values
    problems = acme.mailboxes.check({"address": "a@example.com"} | whole)
    assert [each.message for each in problems] == found
    assert refusal(acme.mailboxes.update, support.id, **values) == found
    assert acme.mailboxes.list() == (support,)


KEPT: list[tuple[dict[str, Any], tuple[str | None, str | None]]] = [
    ({"name": "x"}, ("a-secret", "r-secret")),
    ({"incoming": IMAP | {"folder": "Help"}}, ("a-secret", "r-secret")),
    ({"incoming": None}, ("a-secret", "r-secret")),
    ({"oauth": CUSTOM | {"scopes": ["mail"]}}, ("a-secret", "r-secret")),
    ({"oauth": CUSTOM | {"refresh_token": "new"}}, ("a-secret", "new")),
    ({"oauth": CUSTOM | {"client_secret": "new"}}, ("new", "r-secret")),
    ({"oauth": CUSTOM | {"client_id": "other"}}, (None, None)),
    ({"oauth": CUSTOM | {"token_url": "https://evil.example.com/"}}, (None, None)),
    ({"incoming": IMAP | {"host": "evil.example.com"}}, (None, None)),
    ({"incoming": IMAP | {"user": "director"}}, (None, None)),
    ({"outgoing": SMTP | {"port": 2525}}, (None, None)),
    ({"outgoing": SMTP | {"host": "evil.example.com"}, "oauth": CUSTOM | SECRETS},
     ("a-secret", "r-secret")),
    # Nothing is shown tokens at a server that has a password of its own.
    ({"outgoing": {"host": "relay.example.com", "user": "x", "password": "p"}},
     ("a-secret", "r-secret")),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "expected"), KEPT)
def test_secrets_stay_with_what_they_were_given_for(
    desk: Helpdesk,
    acme: Workspace,
    support: Mailbox,
    changes: dict[str, Any],
    expected: tuple[str | None, str | None],
) -> None:
    after = acme.mailboxes.update(support.id, **changes)
    assert secrets(desk, support) == expected
    assert after.is_authorized == (expected[1] is not None)


def test_a_server_that_gets_a_password_back_is_shown_no_tokens(
    desk: Helpdesk, acme: Workspace, support: Mailbox
) -> None:
    plain = {"host": "imap.example.com", "user": "support", "password": "p"}
    smtp = {"host": "smtp.example.com", "user": "support", "password": "q"}
    after = acme.mailboxes.update(support.id, incoming=plain, outgoing=smtp, oauth=None)
    assert (after.oauth, after.is_authorized, secrets(desk, support)) == (None, False, (None, None))
    again = acme.mailboxes.update(support.id, incoming=IMAP, oauth=CUSTOM)
    account = desk.mail_accounts.get(support.id)
    assert (account.incoming_password, account.outgoing_password) == (None, "q")
    assert again.incoming and again.outgoing
    assert (again.incoming.auth, again.outgoing.auth) == ("oauth", "password")


def test_no_secret_is_shown_or_told(desk: Helpdesk, acme: Workspace, support: Mailbox) -> None:
    acme.mailboxes.update(support.id, oauth=CUSTOM | {"refresh_token": "another-secret"})
    account = desk.mail_accounts.get(support.id)
    told = [repr((each.data, each.changes)) for each in acme.events.list().items]
    for text in (*told, repr(account), repr(acme.mailboxes.list())):
        assert "secret" not in text
    acme.mailboxes.update(support.id, oauth=CUSTOM | {"scopes": ["mail"]})
    first, second = acme.events.list(types="mailbox.updated").items
    assert first.data == {"address": ADDRESS, "passwordsChanged": ["oauth"]}
    assert second.data == {"address": ADDRESS}
    assert second.changes["oauth"]["to"]["scopes"] == ["mail"]
    assert second.changes["oauth"]["to"]["tokenUrl"] == TOKEN_URL


def test_the_secret_of_the_client_is_enough_where_it_is_the_grant(acme: Workspace) -> None:
    oauth = CUSTOM | {"grant": "client_credentials", "client_secret": "s"}
    made = acme.mailboxes.create(address=ADDRESS, incoming=IMAP, oauth=oauth)
    assert made.is_authorized
    assert not acme.mailboxes.update(made.id, oauth=CUSTOM).is_authorized


# --- asking for tokens


def test_one_program_asks_for_a_token(
    desk: Helpdesk, support: Mailbox, path: Path, clock: ManualClock
) -> None:
    accounts = desk.mail_accounts
    account = accounts.begin_renewal(support.id)
    assert account is not None and account.refresh_token == "r-secret"
    with Helpdesk.open(path, clock=clock) as other:
        assert other.mail_accounts.begin_renewal(support.id) is None
        accounts.end_renewal(account, refresh_token="r2-secret")
        again = other.mail_accounts.begin_renewal(support.id)
    assert again is not None and again.refresh_token == "r2-secret"
    # Who began has ended without a word: a minute later it is another one's turn.
    assert accounts.begin_renewal(support.id) is None
    clock.tick(minutes=1)
    assert accounts.begin_renewal(support.id) is not None
    clock.tick(days=-1)
    assert accounts.begin_renewal(support.id) is not None


def test_nobody_asks_for_what_signs_in_with_passwords(desk: Helpdesk, acme: Workspace) -> None:
    plain = acme.mailboxes.create(address=ADDRESS)
    assert desk.mail_accounts.begin_renewal(plain.id) is None
    with pytest.raises(NotFound):
        desk.mail_accounts.begin_renewal(NOTHING)


def test_what_was_authorized_meanwhile_is_not_written_over(
    desk: Helpdesk, acme: Workspace, support: Mailbox
) -> None:
    account = desk.mail_accounts.begin_renewal(support.id)
    assert account is not None
    acme.mailboxes.update(support.id, oauth=CUSTOM | {"refresh_token": "authorized"})
    desk.mail_accounts.end_renewal(account, refresh_token="rotated")
    assert secrets(desk, support) == ("a-secret", "authorized")
    desk.mail_accounts.end_renewal(account, failure="authorize again")
    assert acme.mailboxes.get(support.id).failure is None


@pytest.mark.parametrize("how", ["end_renewal", "drop_renewal"])
def test_who_asked_before_it_was_authorized_ends_no_others_turn(
    desk: Helpdesk, acme: Workspace, support: Mailbox, how: str
) -> None:
    accounts = desk.mail_accounts
    before = accounts.begin_renewal(support.id)
    acme.mailboxes.update(support.id, oauth=CUSTOM | {"refresh_token": "authorized"})
    asking = accounts.begin_renewal(support.id)
    assert before is not None and asking is not None
    getattr(accounts, how)(before)
    assert accounts.begin_renewal(support.id) is None
    getattr(accounts, how)(asking)
    assert accounts.begin_renewal(support.id) is not None


def test_a_rotated_token_is_kept_although_a_name_was_changed_meanwhile(
    desk: Helpdesk, acme: Workspace, support: Mailbox
) -> None:
    account = desk.mail_accounts.begin_renewal(support.id)
    assert account is not None
    acme.mailboxes.update(support.id, name="x")
    desk.mail_accounts.end_renewal(account, refresh_token="rotated")
    assert secrets(desk, support) == ("a-secret", "rotated")
    assert acme.mailboxes.get(support.id).version == 2


def test_why_there_is_no_token_is_the_failure_of_the_mailbox(
    desk: Helpdesk, acme: Workspace, support: Mailbox, clock: ManualClock
) -> None:
    began = clock.now
    account = desk.mail_accounts.begin_renewal(support.id)
    assert account is not None
    desk.mail_accounts.end_renewal(account, failure="authorize again " * 100)
    clock.tick(minutes=1)
    desk.mail_accounts.end_renewal(account, failure="authorize again")
    # That fetching works, by a password, does not make it one that sends.
    desk.mail_accounts.note_fetched(support.id)
    found = acme.mailboxes.get(support.id)
    assert (found.failing_since, found.failure) == (began, "authorize again")
    desk.mail_accounts.end_renewal(account)
    found = acme.mailboxes.get(support.id)
    assert (found.failing_since, found.failure, found.version) == (None, None, 1)


def test_mail_waits_as_long_as_nobody_may_sign_in(
    desk: Helpdesk, acme: Workspace, support: Mailbox, clock: ManualClock
) -> None:
    acme.messages.create(ticket_of_jane(acme).id, content="Hello")
    with desk.mail_outbox(PACE) as outbox:
        (parcel,) = outbox.take(1)
        outbox.give_back(parcel)
    assert (parcel.mailbox_id, parcel.password) == (support.id, None)
    waiting = Server({JANE: MailReply("waiting", None, "authorize again")})
    for _ in range(20):
        waiting.run(desk)
        mail = acme.outgoing_mail.list().items[0]
        assert (mail.state, mail.attempts) == ("deferred", 0)
        assert mail.failure == "jane@example.com: authorize again"
        clock.tick(hours=20)
    line = desk.figures().mail_line
    assert clock.now.timestamp() - (line.oldest_at or 0) > 86_400
    Server().run(desk)
    assert acme.outgoing_mail.list().items[0].state == "sent"
