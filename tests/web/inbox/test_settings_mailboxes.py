"""Mailboxes in the settings."""

import subprocess
from contextlib import ExitStack
from socket import socket

import pytest

from cstar_core import DkimKey, Helpdesk, Mailbox, MailReply, Workspace
from cstar_web.inbox.settings import mailboxes
from tests.core.correspondence import JANE, Server, ticket_of_jane
from tests.core.correspondence import mailbox as sending_mailbox
from tests.web.inbox.browser import Browser, Seen
from tests.web.inbox.conftest import SignIn
from tests.web.inbox.post import letter, receive

MAILBOXES = "/inbox/acme/settings/mailboxes"
NEW: dict[str, str | list[str]] = {
    "address": "support@acme.example",
    "name": "Acme Support",
    "language": "de",
    "signature": "Your Acme",
    "is_active": "yes",
    "plus_addressing": "yes",
    "priority": "high",
    "tags": "mail, vip",
    "in_host": "imap.acme.example",
    "in_security": "tls",
    "in_port": "",
    "in_user": "support",
    "in_password": "hunter2-in",
    "in_folder": "INBOX",
    "out_host": "smtp.acme.example",
    "out_security": "starttls",
    "out_port": "2587",
    "out_user": "support",
    "out_password": "hunter2-out",
}


@pytest.fixture
def owner(signed_in: SignIn) -> Browser:
    return signed_in("owner")


@pytest.fixture
def made(acme: Workspace, owner: Browser) -> Mailbox:
    answer = owner.send(f"{MAILBOXES}/new", NEW)
    assert answer.status_code == 303, Seen(answer.text).text
    return acme.mailboxes.list()[0]


def path_of(mailbox: Mailbox) -> str:
    return f"{MAILBOXES}/{mailbox.id}"


def test_a_mailbox_is_made_with_its_servers(made: Mailbox) -> None:
    assert (made.address, made.name, made.language) == (NEW["address"], NEW["name"], "de")
    assert made.incoming is not None and made.outgoing is not None
    assert (made.incoming.port, made.outgoing.port) == (993, 2587)
    assert made.incoming.since is not None
    assert made.defaults.priority == "high" and made.defaults.tags == ("mail", "vip")
    assert made.is_default and made.is_active and not made.answers_first


def test_a_mailbox_may_have_no_servers_or_all_that_is_there(
    acme: Workspace, owner: Browser
) -> None:
    owner.send(f"{MAILBOXES}/new", {"address": "a@acme.example", "name": "A", "language": "en"})
    owner.send(f"{MAILBOXES}/new", {**NEW, "in_all": "yes"})
    alone, all_of_it = acme.mailboxes.list()
    assert alone.incoming is None and alone.outgoing is None and not alone.is_active
    assert all_of_it.incoming is not None and all_of_it.incoming.since is None


def test_no_page_shows_a_password(owner: Browser, made: Mailbox) -> None:
    pages = [owner.get(path).text for path in (MAILBOXES, path_of(made))]
    wrong = owner.send(path_of(made), {**NEW, "address": "", "version": "1"})
    assert wrong.status_code == 422
    assert "hunter2" not in "".join((*pages, wrong.text))


def test_a_password_stays_if_none_is_typed(desk: Helpdesk, owner: Browser, made: Mailbox) -> None:
    kept = {**NEW, "in_password": "", "out_password": "", "name": "Other", "is_default": "yes"}
    assert owner.send(path_of(made), kept).status_code == 303
    account = desk.mail_accounts.get(made.id)
    assert account.mailbox.name == "Other"
    assert (account.incoming_password, account.outgoing_password) == ("hunter2-in", "hunter2-out")
    assert account.mailbox.incoming == made.incoming


def test_what_the_form_does_not_ask_for_stays(
    acme: Workspace, owner: Browser, made: Mailbox
) -> None:
    acme.custom_fields.create(name="Plan", key="plan", type="text", entity_type="tickets")
    acme.mailboxes.update(made.id, defaults={"custom_fields": {"plan": "pro"}})
    owner.send(path_of(made), {**NEW, "is_default": "yes"})
    assert acme.mailboxes.get(made.id).defaults.custom_fields == {"plan": "pro"}


FIELDS = {
    "plan": ("text", None, "pro", "pro"),
    "seats": ("number", None, "2.5", 2.5),
    "region": ("select", ["EU", "US=A"], "US=A", "US=A"),
    "due": ("date", None, "2026-02-28", "2026-02-28"),
    "paid": ("boolean", None, "false", False),
    "open_note": ("text", None, " ", None),
    "parts_of": ("multiselect", ["frame", "a=b"], "", ["frame", "a=b"]),
}


def test_new_tickets_get_values_in_custom_fields(acme: Workspace, owner: Browser) -> None:
    for key, (kind, options, _, _) in FIELDS.items():
        acme.custom_fields.create(
            name=f"Name of {key}", key=key, type=kind, entity_type="tickets", options=options
        )
    form: dict[str, str | list[str]] = {
        **NEW,
        "field_keys": list(FIELDS),
        "custom_fields": [text for _, _, text, _ in FIELDS.values()],
        "field_options": ["parts_of=frame", "parts_of=a=b", "strange=x"],
    }
    wrong = owner.send(f"{MAILBOXES}/new", {**form, "custom_fields": ["<b>", "many", "", "", ""]})
    seen = Seen(wrong.text)
    assert wrong.status_code == 422 and "Name of seats must be a finite number" in seen.text
    typed = [each.get("value") for each in seen.all("input") if each.get("name") == "custom_fields"]
    assert typed[:2] == ["<b>", "many"]
    answer = owner.send(f"{MAILBOXES}/new", form)
    assert answer.status_code == 303, Seen(answer.text).text
    (made,) = acme.mailboxes.list()
    wanted = {key: value for key, (*_, value) in FIELDS.items() if value is not None}
    assert made.defaults.custom_fields == wanted
    seen = owner.see(path_of(made))
    chosen = [each for each in seen.all("input") if "checked" in each]
    assert "parts_of=a=b" in [each.get("value") for each in chosen]
    emptied = {**form, "custom_fields": ["", "1"], "field_keys": ["plan", "seats"]}
    owner.send(path_of(made), {**emptied, "field_options": [], "is_default": "yes"})
    left = acme.mailboxes.get(made.id).defaults.custom_fields
    assert "plan" not in left and (left["seats"], left["region"]) == (1, "US=A")


def test_a_field_that_was_deleted_keeps_nobody_from_saving(
    acme: Workspace, owner: Browser, made: Mailbox
) -> None:
    gone = acme.custom_fields.create(name="Plan", key="plan", type="text", entity_type="tickets")
    old = acme.custom_fields.create(name="Old", key="old", type="text", entity_type="tickets")
    acme.mailboxes.update(made.id, defaults={"custom_fields": {"plan": "pro", "old": "x"}})
    acme.custom_fields.delete(gone.id)
    acme.custom_fields.update(old.id, archived=True)
    assert owner.send(path_of(made), {**NEW, "is_default": "yes"}).status_code == 303
    assert acme.mailboxes.get(made.id).defaults.custom_fields == {}


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("dkim") / "key.pem"
    subprocess.run(["openssl", "genrsa", "-out", path, "1024"], check=True, capture_output=True)
    return str(path)


def signing(key_file: str) -> dict[str, str | list[str]]:
    named = {"dkim_domain": "acme.example", "dkim_selector": "s1", "dkim_key_file": key_file}
    return {**NEW, **named, "is_default": "yes"}


def test_what_is_sent_is_signed_and_the_record_is_shown(
    desk: Helpdesk, acme: Workspace, owner: Browser, made: Mailbox, key: str
) -> None:
    assert owner.send(path_of(made), signing(key)).status_code == 303
    found = acme.mailboxes.get(made.id)
    assert found.dkim == DkimKey("acme.example", "s1", key)
    seen = owner.see(path_of(made))
    assert "s1._domainkey.acme.example" in seen.text
    record = next(each for each in seen.all("input") if each.get("id") == "dkim_record")
    assert record["value"].startswith("v=DKIM1; k=rsa; p=MI")
    other = desk.workspace(desk.teams.create("Other").id)
    named = {"domain": "other.example", "selector": "s1", "key_file": f"{key}/../key.pem"}
    other.mailboxes.create(address="a@other.example", dkim=named)
    assert owner.send(path_of(made), signing(key)).status_code == 303  # it is there already
    assert owner.send(path_of(made), {**NEW, "is_default": "yes"}).status_code == 303
    assert acme.mailboxes.get(made.id).dkim is None


def test_a_key_that_cannot_be_read_is_told(
    desk: Helpdesk, acme: Workspace, owner: Browser, made: Mailbox, key: str
) -> None:
    other = desk.workspace(desk.teams.create("Other").id)
    theirs = {"domain": "other.example", "selector": "s1", "key_file": key}
    other.mailboxes.create(address="a@other.example", dkim=theirs)
    for wrong in ("/nowhere", "/etc/hostname", "/dev/zero", key):
        answer = owner.send(path_of(made), signing(wrong))
        assert answer.status_code == 422
        assert "Key file must be a file with an RSA private key" in Seen(answer.text).text
    half = owner.send(path_of(made), {**signing(""), "dkim_domain": "a b"})
    assert "Domain must be a name such as" in Seen(half.text).text
    assert "Key file is required" in Seen(half.text).text
    no_domain = Seen(owner.send(path_of(made), {**signing(key), "dkim_domain": "a..b"}).text).text
    assert "Domain must be a name such as" in no_domain and "Key file must" not in no_domain
    lost = {"domain": "acme.example", "selector": "s1", "key_file": "/gone"}
    acme.mailboxes.update(made.id, dkim=lost)
    assert "it cannot be signed" in owner.see(path_of(made)).text


@pytest.mark.parametrize(
    ("changed", "name", "told"),
    [
        ({"address": "nobody"}, "address", "Email address must be an email address"),
        ({"address": ""}, "address", "Email address is required"),
        ({"in_host": "a b"}, "in_host", "Host must be the name or the address of a host"),
        ({"in_user": ""}, "in_user", "User"),
        ({"in_port": "99999"}, "in_port", "Port must be"),
        ({"in_port": "x"}, "in_port", "Port must be"),
        ({"in_security": "none"}, "in_security", "must be tls or starttls"),
        ({"out_user": ""}, "out_user", "must go with a password"),
        ({"out_security": "x"}, "out_security", "Encryption must be one of"),
        ({"tags": "x" * 200}, "tags", "Tags must be at most"),
        ({"assigned_to": "mem_x"}, "assigned_to", "Assigned to"),
        ({"language": "x"}, "language", "must be the code of a language"),
    ],
)
def test_what_is_wrong_is_told_beside_its_field(
    acme: Workspace, owner: Browser, changed: dict[str, str], name: str, told: str
) -> None:
    answer = owner.send(f"{MAILBOXES}/new", {**NEW, **changed})
    seen = Seen(answer.text)
    assert answer.status_code == 422 and told in seen.text, seen.text
    fields = [*seen.all("input"), *seen.all("select")]
    assert next(each for each in fields if each.get("name") == name)["aria-invalid"] == "true"
    assert acme.mailboxes.list() == ()


def test_an_address_is_one_mailbox(owner: Browser, made: Mailbox) -> None:
    answer = owner.send(f"{MAILBOXES}/new", NEW)
    assert answer.status_code == 422
    assert "Email address is another mailbox's already" in Seen(answer.text).text


def test_the_default_says_so_and_stays_until_another_one_is(
    acme: Workspace, owner: Browser, made: Mailbox
) -> None:
    assert "This is the default" in owner.see(path_of(made)).text
    owner.send(f"{MAILBOXES}/new", {**NEW, "address": "b@acme.example", "is_default": "yes"})
    assert [each.is_default for each in acme.mailboxes.list()] == [False, True]


def test_nobody_writes_over_what_another_one_changed(
    acme: Workspace, owner: Browser, made: Mailbox
) -> None:
    acme.mailboxes.update(made.id, name="Theirs")
    answer = owner.send(path_of(made), {**NEW, "is_default": "yes", "version": "1"})
    assert answer.status_code == 422 and "Somebody has changed this" in Seen(answer.text).text
    assert acme.mailboxes.get(made.id).name == "Theirs"


def test_how_fetching_goes_is_told(desk: Helpdesk, owner: Browser, made: Mailbox) -> None:
    assert "Not fetched yet" in owner.see(MAILBOXES).text
    desk.mail_accounts.note_fetched(made.id)
    assert "Works" in owner.see(MAILBOXES).text and "· Fetched" in owner.see(MAILBOXES).text
    desk.mail_accounts.note_failed(made.id, "<b>no route</b> to host")
    for path in (MAILBOXES, path_of(made)):
        seen = owner.see(path)
        assert "Fails" in seen.text and "<b>no route</b> to host" in seen.text
    owner.send(path_of(made), {**NEW, "is_active": "", "is_default": "yes"})
    assert "Off" in owner.see(MAILBOXES).text


def test_a_mailbox_that_cannot_send_shows_why_also_if_it_is_not_fetched(
    desk: Helpdesk, acme: Workspace, owner: Browser
) -> None:
    box = sending_mailbox(acme)
    acme.messages.create(ticket_of_jane(acme).id, content="Hello")
    Server({JANE: MailReply("deferred", "554", "go away", of_server=True)}).run(desk)
    for path in (MAILBOXES, path_of(box)):
        seen = owner.see(path)
        assert "Fails" in seen.text and "it cannot send: go away" in seen.text


def test_a_mailbox_is_deleted_after_a_question(
    acme: Workspace, owner: Browser, made: Mailbox
) -> None:
    assert "Delete support@acme.example?" in owner.see(f"{path_of(made)}/delete").text
    answer = owner.send(f"{path_of(made)}/delete")
    assert "is deleted" in owner.see(answer.headers["Location"]).text
    assert acme.mailboxes.list() == () and owner.get(path_of(made)).status_code == 404


def test_its_server_is_tried_and_each_step_told(
    acme: Workspace, desk: Helpdesk, owner: Browser, signed_in: SignIn
) -> None:
    with socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        server = {"host": "127.0.0.1", "port": port, "user": "x", "password": "hunter2"}
        made = acme.mailboxes.create(address="a@acme.example", incoming=server, outgoing=server)
        answer = owner.send(f"{path_of(made)}/test", form=path_of(made))
    seen = Seen(answer.text).text
    assert "It does not work yet" in seen and "nothing listens there" in seen
    assert seen.count("Connection refused") + seen.count("nothing listens there") == 2
    assert f"IMAP 127.0.0.1:{port}" in seen and f"SMTP 127.0.0.1:{port}" in seen
    assert "hunter2" not in seen
    desk.teams.create("Other")
    stranger = signed_in("owner", team="other")
    path = f"/inbox/other/settings/mailboxes/{made.id}/test"
    assert stranger.send(path, form="/inbox/other/account").status_code == 404


def test_servers_that_hang_leave_threads_for_others(
    acme: Workspace, owner: Browser, made: Mailbox
) -> None:
    acme.mailboxes.update(made.id, incoming=None, outgoing=None)
    path = f"{path_of(made)}/test"
    with ExitStack() as hanging:
        for _ in range(mailboxes.TRIED_AT_ONCE):
            assert owner.send(path, form=path_of(made)).status_code == 200
            hanging.enter_context(mailboxes.trials)
        busy = owner.send(path, form=path_of(made))
        assert (busy.status_code, busy.headers["Retry-After"]) == (503, "20")
        assert "Try again in a moment" in Seen(busy.text).text
    assert owner.send(path, form=path_of(made)).status_code == 200


def test_its_page_counts_the_mail_that_somebody_should_know_of(
    acme: Workspace, owner: Browser, made: Mailbox
) -> None:
    assert "/mail?" not in " ".join(owner.see(path_of(made)).links())
    acme.mail.take(letter(id="1@x"), mailbox=made.id)
    receive(acme, b"no mail at all", mailbox=made.id)
    seen = owner.see(path_of(made))
    for verdict, words in (("waiting", "Waits to be read 1"), ("failed", "Not readable 1")):
        assert words in seen.text
        assert f"/inbox/acme/mail?verdict={verdict}&mailbox={made.id}" in seen.links()


OAUTH = {
    "provider": "microsoft",
    "client_id": "cstar",
    "client_secret": "hunter2-client",
    "refresh_token": "hunter2-refresh",
}


@pytest.fixture
def by_token(acme: Workspace, made: Mailbox) -> Mailbox:
    servers = {name: {"host": f"{name}.acme.example", "user": "support", "auth": "oauth"}
               for name in ("imap", "smtp")}  # fmt: skip
    return acme.mailboxes.update(
        made.id, incoming=servers["imap"], outgoing=servers["smtp"], oauth=OAUTH
    )


KEPT = {**NEW, "out_host": "smtp.acme.example", "out_port": "", "out_security": "tls"}
KEPT |= {"in_password": "", "out_password": "", "is_default": "yes"}


def test_which_way_a_mailbox_signs_in_is_shown_and_no_secret(
    desk: Helpdesk, acme: Workspace, owner: Browser, by_token: Mailbox
) -> None:
    seen = owner.see(path_of(by_token))
    assert "Signs in with tokens of Microsoft 365 (OAuth)" in seen.text
    assert "https://login.microsoftonline.com/common/oauth2/v2.0/token" in seen.text
    assert "not authorized" not in seen.text
    pages = [owner.get(path).text for path in (MAILBOXES, path_of(by_token))]
    assert "hunter2" not in "".join(pages)
    account = desk.mail_accounts.get(by_token.id)
    desk.mail_accounts.end_renewal(account, failure="authorize it again: <b>revoked</b>")
    acme.mailboxes.update(by_token.id, incoming=None)
    for path in (MAILBOXES, path_of(by_token)):
        seen = owner.see(path)
        assert "Fails" in seen.text and "authorize it again: <b>revoked</b>" in seen.text


def test_tokens_stay_until_another_server_or_a_password_is_typed(
    desk: Helpdesk, owner: Browser, by_token: Mailbox
) -> None:
    assert owner.send(path_of(by_token), {**KEPT, "name": "Other"}).status_code == 303
    account = desk.mail_accounts.get(by_token.id)
    assert account.mailbox.name == "Other" and account.refresh_token == "hunter2-refresh"
    assert account.mailbox.incoming == by_token.incoming
    owner.send(path_of(by_token), {**KEPT, "out_password": "typed"})
    account = desk.mail_accounts.get(by_token.id)
    assert account.mailbox.outgoing and account.mailbox.outgoing.auth == "password"
    assert (account.outgoing_password, account.refresh_token) == ("typed", "hunter2-refresh")
    owner.send(path_of(by_token), {**KEPT, "out_password": "typed", "in_host": "evil.example"})
    account = desk.mail_accounts.get(by_token.id)
    assert account.mailbox.incoming and account.mailbox.incoming.auth == "password"
    assert account.incoming_password is None


def test_another_user_at_the_same_server_has_to_authorize_it_anew(
    desk: Helpdesk, owner: Browser, by_token: Mailbox
) -> None:
    owner.send(path_of(by_token), {**KEPT, "in_user": "other"})
    account = desk.mail_accounts.get(by_token.id)
    assert account.mailbox.incoming and account.mailbox.incoming.auth == "oauth"
    assert (account.client_secret, account.refresh_token) == (None, None)
    seen = owner.see(path_of(by_token)).text
    assert "It is not authorized yet" in seen and "cstar mailbox authorize" in seen
