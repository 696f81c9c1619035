"""Files of messages: uploaded with a form or by a script, and handed out to who sees those."""

from flask import Response

from cstar_core import Attachment, Invalid, Problem
from cstar_web.downloads import save_as, show_picture
from cstar_web.html.forms import refuse_many
from cstar_web.inbox.declaring import Page, page
from cstar_web.inbox.rendering import plain
from cstar_web.inbox.signing import TEAM
from cstar_web.inbox.stopping import Stopped
from cstar_web.inbox.visits import TeamVisit
from cstar_web.pictures import kind_of_file

# What the form names of what it sends along: files that it brings, and ids of those uploaded.
FILES, UPLOADED = "files", "attachments"

FILES_PATH = f"{TEAM}/tickets/{{ticket}}/attachments"
_ONE = f"{FILES_PATH}/{{attachment}}"


def store_sent(visit: TeamVisit, ticket: str) -> list[str]:
    """The ids of all that goes with a message, once the files that the form brought are stored.

    They are in the form from then on as those that were uploaded, so that nothing is chosen twice
    if it is shown once more. Raises Invalid for the field of the files.
    """
    form, ids = visit.form, visit.form.lists[UPLOADED]
    refuse_many(FILES, len(form.files) + len(ids))
    while form.files:
        sent = form.files[0]
        try:
            made = visit.workspace.attachments.upload(
                ticket, name=sent.name, content=sent.content, media_type=sent.media_type or None
            )
        except Invalid as error:
            form.files.clear()
            problems = [Problem(FILES, each.code, each.rule) for each in error.problems]
            raise Invalid(problems) from error
        ids.append(made.id)
        form.files.pop(0)
    return ids


def uploaded(visit: TeamVisit, ticket: str) -> tuple[Attachment, ...]:
    """What the form has of files, as far as they are there, in their order."""
    ids = visit.form.lists.get(UPLOADED, [])
    if not ids:
        return ()
    known = {each.id: each for each in visit.workspace.attachments.uploads(ticket)}
    return tuple(known[id] for id in dict.fromkeys(ids) if id in known)


@page(
    Page(
        method="POST",
        path=FILES_PATH,
        name="attach",
        access="agent",
        lists=(UPLOADED,),
        brings=FILES,
    )
)
def attach(visit: TeamVisit, ticket: str) -> Response:
    """A script gets what stands in the form for the file that it has sent."""
    if not visit.form.files:
        raise Stopped(400)
    store_sent(visit, ticket)
    return visit.show("attached.html", attached=uploaded(visit, ticket), ticket_id=ticket)


@page(Page(method="POST", path=f"{_ONE}/discard", name="discard_attachment", access="agent"))
def discard_attachment(visit: TeamVisit, ticket: str, attachment: str) -> Response:
    visit.workspace.attachments.discard(ticket, attachment)
    return plain("")


@page(Page(method="GET", path=_ONE, name="attachment", access="viewer"))
def attachment(visit: TeamVisit, ticket: str, attachment: str) -> Response:
    """A file, to be saved."""
    found, file = visit.workspace.attachments.open(ticket, attachment)
    return save_as(file, found.name, found.size, f'"{found.id}"')


@page(Page(method="GET", path=f"{_ONE}/picture", name="picture", access="viewer"))
def picture(visit: TeamVisit, ticket: str, attachment: str) -> Response:
    """A file that is a picture by its bytes, to be shown."""
    found, file = visit.workspace.attachments.open(ticket, attachment)
    kind = kind_of_file(file, found.size)
    if kind is None:
        file.close()
        raise Stopped(404)
    return show_picture(file, found.name, found.size, f'"{found.id}"', kind)
