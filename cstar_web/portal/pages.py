"""The pages and what their forms do. Each is opened by a team's name, or by a link to a ticket."""

import secrets
from contextlib import ExitStack
from typing import Any

from flask import Blueprint, Response, request, url_for

from cstar_core import Invalid, NotFound, Problem, Workspace
from cstar_web.answer import Answer
from cstar_web.calls import services
from cstar_web.downloads import save_as
from cstar_web.errors import Failure
from cstar_web.html.forms import store_files
from cstar_web.portal.filling import (
    FILES,
    PLAIN,
    STAMP,
    TRAP,
    Filled,
    field_name,
    read_filled,
    values_of,
)
from cstar_web.portal.rendering import HEADERS, send_stylesheet, show, stylesheet_name
from cstar_web.remote import client_address, client_network

blueprint = Blueprint("portal", __name__, url_prefix="/t")
_LEFT_EMPTY = Problem(TRAP, "PARAMETER_INVALID", "must be left empty")
_ONCE = "once"
_ANSWER = "content"


@blueprint.get("/<name>")
def stylesheet(name: str) -> Response:
    if name != stylesheet_name():
        raise _nothing()
    return send_stylesheet()


@blueprint.get("/<team>/new")
def form(team: str) -> Response:
    workspace = _with_form(team)
    return _show_form(workspace, Filled(), workspace.customer_form.stamp())


@blueprint.post("/<team>/new")
def submit(team: str) -> Response:
    workspace = _with_form(team)
    _charge()
    with ExitStack() as closing:
        filled = read_filled(closing)
        try:
            token = _submit(workspace, filled)
        except Invalid as error:
            return _ask_again(workspace, Filled(filled.typed, error.problems, filled.files))
    return _moved(workspace, token, "made")


def _submit(workspace: Workspace, filled: Filled) -> str:
    """The token of a link to the ticket that comes of a form. Raises Invalid."""
    if filled.one(TRAP):
        raise Invalid([_LEFT_EMPTY])
    plain: dict[str, Any] = {name: filled.one(name) for name in PLAIN}
    return workspace.customer_form.submit(
        filled.one(STAMP),
        **plain,
        custom_fields=values_of(filled, workspace.customer_form.fields()),
        attachments=store_files(workspace, FILES, filled.files),
    )


@blueprint.get("/<team>/ticket/<token>")
def ticket(team: str, token: str) -> Response:
    return _show_ticket(_workspace(team), token, Filled())


@blueprint.post("/<team>/ticket/<token>")
def answer(team: str, token: str) -> Response:
    workspace = _workspace(team)
    opened = workspace.ticket_links.open(token)
    _charge()
    with ExitStack() as closing:
        filled = read_filled(closing)
        try:
            files = store_files(workspace, FILES, filled.files)
            opened.answer(filled.one(_ANSWER), once=filled.one(_ONCE) or None, attachments=files)
        except Invalid as error:
            again = Filled(filled.typed, error.problems, filled.files)
            return _show_ticket(workspace, token, again)
    return _moved(workspace, token, "sent")


@blueprint.get("/<team>/ticket/<token>/files/<attachment>")
def file(team: str, token: str, attachment: str) -> Response:
    """A file of a message that the customer sees, to be saved."""
    try:
        found, bytes_ = _workspace(team).ticket_links.open(token).open_attachment(attachment)
    except NotFound:
        raise _nothing() from None
    answer = save_as(bytes_, found.name, found.size, f'"{found.id}"')
    answer.headers["X-Robots-Tag"] = HEADERS["X-Robots-Tag"]
    return answer


def _show_form(workspace: Workspace, filled: Filled, stamp: str) -> Response:
    return show(
        "form.html",
        422 if filled.problems else 200,
        team=workspace.team,
        fields=[(field_name(each), each) for each in workspace.customer_form.fields()],
        filled=filled,
        stamp=stamp,
    )


def _ask_again(workspace: Workspace, filled: Filled) -> Response:
    """The form with what is wrong. A stamp that will do is kept, as it is older than a new one."""
    refused = any(each.param in (STAMP, TRAP) for each in filled.problems)
    stamp = workspace.customer_form.stamp() if refused else filled.one(STAMP)
    return _show_form(workspace, filled, stamp)


def _show_ticket(workspace: Workspace, token: str, filled: Filled) -> Response:
    return show(
        "ticket.html",
        422 if filled.problems else 200,
        team=workspace.team,
        ticket=workspace.ticket_links.open(token).read(),
        filled=filled,
        file_address=lambda id: _file_address(workspace, token, id),
        once=filled.one(_ONCE) or secrets.token_urlsafe(12),
        done=request.args.get("done", ""),
    )


def _file_address(workspace: Workspace, token: str, attachment: str) -> str:
    return url_for("portal.file", team=workspace.team.slug, token=token, attachment=attachment)


def _moved(workspace: Workspace, token: str, done: str) -> Response:
    """The answer that leads to the ticket's page, which can be reloaded without sending anew."""
    address = url_for("portal.ticket", team=workspace.team.slug, token=token, done=done)
    return Answer(status=303, headers={"Location": address})


def _workspace(team: str) -> Workspace:
    """The live data of a team; a team that is not there is told as a link that leads nowhere."""
    try:
        return services().desk.workspace(team)
    except NotFound:
        raise _nothing() from None


def _with_form(team: str) -> Workspace:
    workspace = _workspace(team)
    if not services().settings.has_form(workspace.team.slug):
        raise _nothing()
    return workspace


def _nothing() -> Failure:
    return Failure("RESOURCE_MISSING", "There is nothing here")


def _charge() -> None:
    """Count what is sent; raises the 429 for who sends too much."""
    held = services()
    held.limits.charge_form(client_network(client_address(request, held.settings)))
