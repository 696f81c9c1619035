"""One mail: how it looked, its headers, its source, and what became of it."""

from flask import Response

from cstar_core import utc_now
from cstar_web.downloads import save_as
from cstar_web.inbox.declaring import Page, page
from cstar_web.inbox.mail.framing import SANDBOX, framed
from cstar_web.inbox.mail.showing import look_at, source_of
from cstar_web.inbox.mail.words import words_of_mail
from cstar_web.inbox.settings.frame import YES
from cstar_web.inbox.signing import TEAM
from cstar_web.inbox.visits import TeamVisit

LEDGER = f"{TEAM}/mail"
MAIL = f"{LEDGER}/{{mail}}"

# In pixels; a frame without an origin cannot be asked how high it should be.
_LINE, _LEAST, _MOST = 24, 120, 900
_COLUMNS = 85


@page(Page(method="GET", path=MAIL, name="mail", access="viewer"))
def show_mail(visit: TeamVisit, mail: str) -> Response:
    found = visit.workspace.mail.get(mail)
    shown = look_at(visit, found)
    lines = (
        shown.cleaned.lines
        if shown.cleaned
        else lines_of(shown.letter.text if shown.letter else "")
    )
    return visit.show(
        "mail/mail.html",
        mail=found,
        shown=shown,
        mailbox=_mailbox(visit, found.mailbox_id),
        sandbox=SANDBOX,
        height=height_of(lines),
        now=utc_now(),
        **words_of_mail(),
    )


@page(Page(method="GET", path=f"{MAIL}/frame", name="mail_frame", access="viewer"))
def mail_frame(visit: TeamVisit, mail: str) -> Response:
    remote = visit.asked("pictures") == YES
    found = visit.workspace.mail.get(mail)
    return framed(look_at(visit, found, remote=remote), remote=remote)


@page(Page(method="GET", path=f"{MAIL}/source", name="mail_source", access="viewer"))
def mail_source(visit: TeamVisit, mail: str) -> Response:
    found = visit.workspace.mail.get(mail)
    return visit.show("mail/source.html", mail=found, shown=source_of(visit, found))


@page(Page(method="GET", path=f"{MAIL}/raw", name="raw_mail", access="viewer"))
def raw_mail(visit: TeamVisit, mail: str) -> Response:
    found, file = visit.workspace.mail.open(mail)
    return save_as(file, "message.eml", found.size, f'"{found.id}"')


def height_of(lines: int) -> int:
    """How high the frame of a mail is that takes about so many lines.

    >>> height_of(0), height_of(10), height_of(10_000)
    (120, 272, 900)
    """
    return max(_LEAST, min(_MOST, (lines + 1) * _LINE + 8))


def lines_of(text: str) -> int:
    """About how many lines a text takes.

    >>> lines_of("one\\ntwo"), lines_of("x" * 200)
    (2, 3)
    """
    return sum(1 + len(line) // _COLUMNS for line in text.split("\n"))


def _mailbox(visit: TeamVisit, id: str | None) -> str:
    """The address that a mail came to, if its mailbox is still there."""
    found = visit.workspace.mailboxes.find(id) if id else None
    return found.address if found else ""
