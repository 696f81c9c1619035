"""Every page that the app has, with what its address names. A new page is found by itself."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flask import Flask
from werkzeug.routing import Rule

from cstar_core import Helpdesk

# What begins so is a page for people.
_FOR_PEOPLE = ("/inbox", "/t/", "/docs")
# What answers with something else than a page of its own.
_NO_PAGE = {
    "inbox.file": "a stylesheet, a script or a picture",
    "inbox.root": "leads to the inbox",
    "inbox.start": "leads to the team",
    "inbox.stream": "events, as they happen",
    "inbox.report_table": "a file to keep",
    "inbox.attachment": "a file to keep",
    "inbox.picture": "a picture",
    "inbox.complete": "a list below a field",
    "inbox.places": "what the palette offers",
    "inbox.known_tags": "a list below a field",
    "inbox.colleagues": "a line above a conversation",
    "inbox.find_canned": "a list below a field",
    "inbox.fill_canned": "a text for a field",
    "inbox.raw_mail": "a file to keep",
    "inbox.mail_frame": "the HTML of a mail, in which no script can look for faults",
    "pages.static": "a file of Swagger UI",
    "portal.stylesheet": "a stylesheet",
    "portal.file": "a file to keep",
    "pages.docs": "Swagger UI, which is others' work",
}
# A mail with HTML, a picture of another server and one that is not there.
MAIL = (
    b"From: Jane <jane@shop.example>\r\nTo: support@acme.example\r\nSubject: Late\r\n"
    b"Message-ID: <late@shop.example>\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: text/html; charset=utf-8\r\n\r\n"
    b"<p>Where is <a href=https://shop.example/x>it</a>?</p>"
    b"<img src=https://shop.example/p.png alt=Shop><img src=cid:lost alt=Cat>\r\n"
)


@dataclass(frozen=True)
class Place:
    """A page by the name that its route has; with nobody signed in or a member."""

    name: str
    path: str
    needs_member: bool


def places(app: Flask, desk: Helpdesk, ticket: str) -> tuple[Place, ...]:
    """All pages of the team Acme; those of a ticket show this one."""
    named = names(desk, ticket)
    return tuple(
        Place(rule.endpoint, path_of(rule, named), rule.rule.startswith("/inbox/<team>/"))
        for rule in rules(app)
    )


def rules(app: Flask) -> Iterator[Rule]:
    """The routes that a browser shows as pages."""
    for rule in app.url_map.iter_rules():
        is_page = rule.rule.startswith(_FOR_PEOPLE) and "GET" in (rule.methods or ())
        if is_page and rule.endpoint not in _NO_PAGE:
            yield rule


def names(desk: Helpdesk, ticket: str) -> dict[str, str]:
    """What stands in an address for each name in a route."""
    acme = desk.workspace("acme")
    hook = acme.webhooks.create(name="Shop", url="https://shop.example/", events=["*"])
    reply = acme.canned_replies.create(name="Thanks", content="Thank you, {{customer.name}}")
    mail = acme.mail.receive(MAIL)
    saved = acme.views.create(name="Billing", text="tag:billing", shared=True)
    return {
        "team": "acme",
        "ticket": ticket,
        "view": "all",
        "token": acme.invitations.invite("new@acme.example").token,
        "member": acme.members.list(page_size=1).items[0].id,
        "field": acme.custom_fields.list()[0].id,
        "key": acme.keys.create(type="secret", environment="live").key.id,
        "kind": "first_answer",
        "mail": mail.id,
        "spoken": "en",
        "inbox.ask_move ticket": str(mail.ticket_id),
        "message": str(mail.message_id),
        "mailbox": acme.mailboxes.create(address="support@acme.example").id,
        "reply": reply.id,
        "webhook": hook.webhook.id,
        "inbox.settings_view view": saved.id,
        "inbox.ask_view_deletion view": saved.id,
        "portal.ticket token": acme.ticket_links.link(ticket),
    }


def path_of(rule: Rule, named: Mapping[str, str]) -> str:
    """The address of a route; a name that nobody has told us of fails."""
    path = rule.rule
    for name in rule.arguments:
        value = named.get(f"{rule.endpoint} {name}", named.get(name))
        assert value, f"say in tests/browser/places.py what {name} of {rule.rule} is"
        path = path.replace(f"<{name}>", value)
    return path
