"""Mailboxes: the addresses that customers write to, with their servers, and how fetching goes."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from threading import BoundedSemaphore
from typing import Any

from flask import Response

from cstar_core import (
    PRIORITIES,
    CustomField,
    DkimKey,
    ImapServer,
    Invalid,
    MailAccount,
    Mailbox,
    Problem,
    SmtpServer,
    TicketDefaults,
    utc_now,
)
from cstar_web.errors import INVALID, Failure
from cstar_web.html.values import value_of
from cstar_web.inbox.declaring import Page, page
from cstar_web.inbox.details import Shown
from cstar_web.inbox.languages import LANGUAGES, say
from cstar_web.inbox.mail.words import VERDICT_WORDS
from cstar_web.inbox.settings.frame import SETTINGS, checked, refusals, seen_version, show
from cstar_web.inbox.tickets import PRIORITY_WORDS, names
from cstar_web.inbox.visits import TeamVisit
from cstar_web.mail.sending import try_smtp
from cstar_web.mail.signing import LACKING, Unusable, record_of, require_own, try_dkim
from cstar_web.mail.tokens import Tokens
from cstar_web.mail.trying import Tried, try_imap, try_tokens

MAILBOXES = f"{SETTINGS}/mailboxes"
NEW = f"{MAILBOXES}/new"
MAILBOX = f"{MAILBOXES}/{{mailbox}}"

SECTION = "settings_mailboxes"
SECURITY_WORDS = {
    "tls": say("TLS from the first byte"),
    "starttls": say("STARTTLS"),
    "none": say("No encryption; only for a server on this machine"),
}
_FIELDS = (
    *("address", "name", "language", "signature", "is_default", "answers_first"),
    *("plus_addressing", "is_active", "priority", "tags", "assigned_to", "version"),
    *("in_host", "in_port", "in_security", "in_user", "in_password", "in_folder", "in_delete"),
    *("in_all", "out_host", "out_port", "out_security", "out_user", "out_password"),
    *("dkim_domain", "dkim_selector", "dkim_key_file"),
)
PROVIDER_WORDS = {
    "google": say("tokens of Google (OAuth)"),
    "microsoft": say("tokens of Microsoft 365 (OAuth)"),
    "custom": say("tokens (OAuth)"),
}
# The values of custom fields, each after its key; of those with several, one by one.
_LISTS = ("field_keys", "custom_fields", "field_options")
# Servers that hang are waited for by threads that answer requests: they never have all of them.
TRIED_AT_ONCE = 2
trials = BoundedSemaphore(TRIED_AT_ONCE)
_TRIED_SECONDS = 20
# What of a mailbox's mail somebody should know of.
COUNTED = ("waiting", "failed", "spam")
# Where the core's names of what is wrong stand in the form.
_PLACES = {"incoming": "in_", "outgoing": "out_", "dkim": "dkim_", "defaults": ""}
_NO_KEY = say("must be a file with an RSA private key (PEM) that the server can read")
_NO_DKIM = say("needs more on the server: pip install 'cstar[dkim]'")
_TAKEN = say("is another mailbox's already")
_ENOUGH = say("There are as many mailboxes as a team may have; delete one first")


@page(Page(method="GET", path=MAILBOXES, name=SECTION, access="owner"))
def mailboxes(visit: TeamVisit) -> Response:
    return show(visit, "mailboxes", SECTION, mailboxes=visit.workspace.mailboxes.list())


@page(Page(method="GET", path=NEW, name="ask_mailbox", access="owner"))
def ask_mailbox(visit: TeamVisit) -> Response:
    return show(visit, "new_mailbox", SECTION, mailbox=None, **_choices(visit, None))


@page(
    Page(
        method="POST",
        path=NEW,
        name="create_mailbox",
        access="owner",
        fields=_FIELDS,
        lists=_LISTS,
        again=ask_mailbox,
    )
)
def create_mailbox(visit: TeamVisit) -> Response:
    with _refusals():
        made = visit.workspace.mailboxes.create(**_values(visit, None))
    return visit.leads_to("settings_mailbox", mailbox=made.id, done="mailbox-made")


@page(Page(method="GET", path=MAILBOX, name="settings_mailbox", access="owner"))
def mailbox_page(visit: TeamVisit, mailbox: str) -> Response:
    found = visit.workspace.mailboxes.get(mailbox)
    counts = {
        verdict: visit.workspace.mail.list(verdict=verdict, mailbox=found.id, page_size=1).total
        for verdict in COUNTED
    }
    return show(
        visit,
        "mailbox",
        SECTION,
        mailbox=found,
        counts=counts,
        **_shown_key(found),
        verdict_words=VERDICT_WORDS,
        provider_words=PROVIDER_WORDS,
        **_choices(visit, found),
    )


@page(
    Page(
        method="POST",
        path=MAILBOX,
        name="change_mailbox",
        access="owner",
        fields=_FIELDS,
        lists=_LISTS,
        again=mailbox_page,
    )
)
def change_mailbox(visit: TeamVisit, mailbox: str) -> Response:
    before = visit.workspace.mailboxes.get(mailbox)
    with _refusals():
        values = _values(visit, before)
        visit.workspace.mailboxes.update(
            mailbox, expected_version=seen_version(visit) or before.version, **values
        )
    return visit.leads_to("settings_mailbox", mailbox=mailbox, done="changed")


@page(Page(method="POST", path=f"{MAILBOX}/test", name="test_mailbox", access="owner"))
def test_mailbox(visit: TeamVisit, mailbox: str) -> Response:
    found = visit.workspace.mailboxes.get(mailbox)
    # Of the desk: that it is this team's was looked up before.
    account = visit.desk.mail_accounts.get(found.id)
    if not trials.acquire(blocking=False):
        wait = {"Retry-After": str(_TRIED_SECONDS)}
        raise Failure("BUSY", "Other mailboxes are being tried", headers=wait)
    try:
        steps = _try_all(account, Tokens(visit.desk))
    finally:
        trials.release()
    return show(visit, "mailbox_test", SECTION, mailbox=found, steps=steps)


def _try_all(account: MailAccount, tokens: Tokens) -> list[Tried]:
    asked = try_tokens(account, tokens)
    with ThreadPoolExecutor(1) as beside:  # each may take 20 seconds
        sending = beside.submit(try_smtp, account, tokens=tokens)
        fetching = try_imap(account, tokens=tokens)
        return [*asked, *fetching, *sending.result(), *try_dkim(account)]


@page(Page(method="GET", path=f"{MAILBOX}/delete", name="ask_mailbox_deletion", access="owner"))
def ask_mailbox_deletion(visit: TeamVisit, mailbox: str) -> Response:
    found = visit.workspace.mailboxes.get(mailbox)
    return show(visit, "delete_mailbox", SECTION, mailbox=found)


@page(Page(method="POST", path=f"{MAILBOX}/delete", name="delete_mailbox", access="owner"))
def delete_mailbox(visit: TeamVisit, mailbox: str) -> Response:
    visit.workspace.mailboxes.delete(mailbox)
    return visit.leads_to(SECTION, done="mailbox-deleted")


def _choices(visit: TeamVisit, mailbox: Mailbox | None) -> dict[str, object]:
    fields = _fields(visit)
    values = mailbox.defaults.custom_fields if mailbox else {}
    if visit.problems:
        values = _typed(visit, fields)
    return {
        "default_fields": [Shown(each, values.get(key)) for key, each in fields.items()],
        "languages_of_mail": LANGUAGES,
        "members": names(visit),
        "priorities": PRIORITIES,
        "priority_words": PRIORITY_WORDS,
        "security_words": SECURITY_WORDS,
    }


def _values(visit: TeamVisit, before: Mailbox | None) -> dict[str, Any]:
    """What the form says of a mailbox; what it does not ask for stays as it is."""
    typed = visit.form.values
    return {
        **{name: typed[name].strip() for name in ("address", "name", "language")},
        "signature": typed["signature"].strip(),
        **{
            name: checked(visit, name)
            for name in ("is_default", "answers_first", "plus_addressing", "is_active")
        },
        "defaults": _defaults(visit, before.defaults if before else TicketDefaults()),
        "incoming": _incoming(visit, before.incoming if before else None),
        "outgoing": _outgoing(visit, before.outgoing if before else None),
        "dkim": _dkim(visit, before),
    }


def _fields(visit: TeamVisit) -> dict[str, CustomField]:
    """The custom fields in which a new ticket may have a value, by key."""
    defined = visit.workspace.custom_fields.list(entity_type="tickets")
    return {each.key: each for each in defined if each.archived_at is None}


def _typed(visit: TeamVisit, fields: Mapping[str, CustomField]) -> dict[str, Any]:
    """The values of custom fields that the form has."""
    keys, texts, options = (visit.form.lists[name] for name in _LISTS)
    found: dict[str, Any] = {
        key: value_of(fields[key].type, text)
        for key, text in zip(keys, texts, strict=False)
        if key in fields and text.strip()
    }
    for key, equals, option in (each.partition("=") for each in options):
        if equals and key in fields:
            found.setdefault(key, []).append(option)
    return found


def _defaults(visit: TeamVisit, before: TicketDefaults) -> dict[str, Any]:
    typed, fields = visit.form.values, _fields(visit)
    asked = visit.form.lists["field_keys"]
    kept = {
        key: value
        for key, value in before.custom_fields.items()
        if key in fields and key not in asked
    }
    tags = [tag for each in typed["tags"].split(",") if (tag := each.strip())]
    return {
        "priority": typed["priority"] or None,
        "tags": tags,
        "custom_fields": kept | _typed(visit, fields),
        **({"assigned_to": typed["assigned_to"]} if typed["assigned_to"] else {}),
    }


def _incoming(visit: TeamVisit, before: ImapServer | None) -> dict[str, Any] | None:
    server = _server(visit, "in")
    if server is None:
        return None
    since = before.since if before else None if checked(visit, "in_all") else utc_now()
    return {
        **server,
        "auth": _auth(server, before),
        "user": visit.form.values["in_user"].strip(),
        "folder": visit.form.values["in_folder"].strip() or "INBOX",
        "delete": checked(visit, "in_delete"),
        "since": since,
    }


def _outgoing(visit: TeamVisit, before: SmtpServer | None) -> dict[str, Any] | None:
    server, user = _server(visit, "out"), visit.form.values["out_user"].strip()
    if server is None:
        return None
    return {**server, "user": user or None, "auth": _auth(server, before if user else None)}


def _auth(server: Mapping[str, Any], before: ImapServer | SmtpServer | None) -> str:
    """A server that is shown tokens stays so until a password is typed for it.

    Another one gets none: who authorizes the mailbox later may not know who has named that.
    """
    is_same = before is not None and server["host"].lower() == before.host.lower()
    return before.auth if before and is_same and not server["password"] else "password"


def _dkim(visit: TeamVisit, before: Mailbox | None) -> dict[str, Any] | None:
    """With what is signed; a key that is named anew must be one, and no other team's."""
    names = ("domain", "selector", "key_file")
    given = {name: visit.form.values[f"dkim_{name}"].strip() for name in names}
    if not any(given.values()):
        return None
    there = asdict(before.dkim) if before and before.dkim else {}
    is_wrong = visit.workspace.mailboxes.check({"dkim": given}, updating=True)
    if given != there and not is_wrong:
        try:
            record_of(DkimKey(**given))
            require_own(visit.desk, visit.team.id, given["key_file"])
        except Unusable as error:
            raise Invalid([_unusable(error)]) from error
    return given


def _shown_key(mailbox: Mailbox) -> dict[str, object]:
    """What the domain of a key must say, or why nothing can be signed with it."""
    record, problem = None, None
    try:
        record = record_of(mailbox.dkim) if mailbox.dkim else None
    except Unusable as error:
        problem = _unusable(error)
    return {"key_record": record, "key_problem": problem}


def _unusable(error: Unusable) -> Problem:
    return Problem("dkim.key_file", INVALID, _NO_DKIM if str(error) == LACKING else _NO_KEY)


def _server(visit: TeamVisit, way: str) -> dict[str, Any] | None:
    """What both kinds of servers have; None if no host is named."""
    typed = visit.form.values
    host, port = typed[f"{way}_host"].strip(), typed[f"{way}_port"].strip()
    if not host:
        return None
    is_number = port.isascii() and port.isdecimal() and len(port) < 7
    return {
        "host": host,
        "port": int(port) if is_number else port or None,
        "security": typed[f"{way}_security"] or "tls",
        # A password stays if none is typed.
        "password": typed[f"{way}_password"] or None,
    }


@contextmanager
def _refusals() -> Iterator[None]:
    """Tell what is wrong beside the field of the form that it is said of."""
    try:
        with refusals(_ENOUGH, address=_TAKEN):
            yield
    except Invalid as error:
        raise Invalid([_placed(problem) for problem in error.problems]) from error


def _placed(problem: Problem) -> Problem:
    part, dot, rest = problem.param.partition(".")
    if not dot or part not in _PLACES:
        return problem
    name = rest.partition(".")[0] if part != "defaults" else rest
    return Problem(f"{_PLACES[part]}{name}", problem.code, problem.rule)
