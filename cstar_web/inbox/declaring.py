"""A page: one declaration that makes its route and fixes the order in which a visit is checked."""

import re
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Literal

from flask import Blueprint, Flask, Response, current_app, request
from flask.blueprints import BlueprintSetupState

from cstar_core import Invalid, Problem
from cstar_web.body_limits import take_up_to
from cstar_web.calls import services
from cstar_web.errors import INVALID
from cstar_web.html.forms import FORM_MAX
from cstar_web.inbox.admitting import admit
from cstar_web.inbox.cookies import GUEST, read_cookie
from cstar_web.inbox.forgery import require_own_page, require_token
from cstar_web.inbox.forms import TOKEN, Form, read_form
from cstar_web.inbox.languages import say
from cstar_web.inbox.rendering import address, this_place
from cstar_web.inbox.stopping import Elsewhere, Kept, Stopped
from cstar_web.inbox.visits import INBOX, Visit

View = Callable[..., Response]
# The least role of those who are let in; pages for anyone are the way there.
Access = Literal["anyone", "viewer", "agent", "owner"]

blueprint = Blueprint("inbox", __name__)
_REGISTRY = "cstar.pages"
_ANEW = say("You have signed in anew since this was written. Look at it, then send it once more")
_PARAMETER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What one method on one path needs and takes. A POST changes something, a GET never does."""

    method: Literal["GET", "POST"]
    path: str
    name: str
    access: Access
    # What its form may send: names that are sent once, and names of lists.
    fields: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    # The field in which it may bring files.
    brings: str = ""
    # The field that takes long to write, and is given back to who is signed out meanwhile.
    keeps: str = ""
    # Whether scripts ask for it by themselves: then it does not count as use of the session.
    unasked: bool = False
    # The page that has the form; it is shown once more, with what is wrong, if that is refused.
    again: View | None = None

    @property
    def rule(self) -> str:
        """The path as Flask writes it."""
        return _PARAMETER.sub(r"<\1>", self.path)


def declared_pages(app: Flask) -> tuple[Page, ...]:
    """Every page the app has, in the order they were declared."""
    return tuple(app.extensions.get(_REGISTRY, ()))


def page(declared: Page) -> Callable[[View], View]:
    """Bind a view to the route that `declared` describes."""

    def bind(view: View) -> View:
        blueprint.add_url_rule(
            declared.rule,
            endpoint=declared.name,
            view_func=_Endpoint(declared, view),
            methods=[declared.method],
            # Werkzeug would lead there by a URL with a scheme that a proxy may have changed.
            strict_slashes=False,
        )
        blueprint.record(lambda state: _remember(state, declared))
        return view

    return bind


def require_pages(app: Flask) -> None:
    """Refuse to make an app with a route of the inbox that declares no policy.

    What only members may see is a team's, so its path begins with the team.
    """
    declared = {(each.rule, each.method) for each in declared_pages(app)}
    for each in declared_pages(app):
        if each.access != "anyone" and not each.path.startswith(f"{INBOX}/{{team}}/"):
            raise RuntimeError(f"{each.path} is for members, and names no team")
    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            if is_page(rule.rule) and (rule.rule, method) not in declared:
                raise RuntimeError(f"{method} {rule.rule} is not declared as a page")


def is_page(path: str) -> bool:
    """Whether who asks for this path is to be answered with pages, whatever happens."""
    return path == INBOX or path.startswith(f"{INBOX}/")


class _Endpoint:
    """A view behind all the checks, each of which may end the visit."""

    def __init__(self, declared: Page, view: View) -> None:
        self._declared = declared
        self._view = view

    def __call__(self, **ids: Any) -> Response:
        if self._declared.method == "GET":
            return self._view(self._admit(ids), **ids)
        with ExitStack() as closing:
            return self._post(ids, closing)

    def _post(self, ids: dict[str, Any], closing: ExitStack) -> Response:
        try:
            visit = self._admit(ids)
        except Elsewhere as error:
            raise self._kept(error, ids, closing) from error
        require_own_page()
        visit.form = self._read(closing)
        try:
            require_token(visit.form.token, visit.secret)
        except Stopped:
            if not (self._declared.keeps and self._declared.again and visit.form.token):
                raise
            # Nothing is done, and nothing is lost that was long to write.
            visit.problems = (Problem("", INVALID, _ANEW),)
            return self._declared.again(visit, **ids)
        return self._take(visit, ids)

    def _admit(self, ids: dict[str, Any]) -> Visit:
        if self._declared.access == "anyone":
            return Visit(desk=services().desk, secret=read_cookie(GUEST))
        visit = admit(ids["team"], self._declared.access, self._declared.unasked)
        del ids["team"]
        return visit

    def _read(self, closing: ExitStack) -> Form:
        declared = self._declared
        return read_form(declared.fields, declared.lists, declared.brings, closing)

    def _kept(self, otherwise: Elsewhere, ids: dict[str, Any], closing: ExitStack) -> Exception:
        """What ends the visit instead, so that nothing is lost that was long to write.

        A script has it in its page, and asks for the way in.
        """
        name = self._declared.keeps
        if not name or "HX-Request" in request.headers:
            return otherwise
        # Only what came from a page of ours is shown again.
        require_own_page()
        form = self._read(closing)
        fields = [(TOKEN, form.token), *form.values.items()]
        fields = [pair for pair in fields if pair[0] != name]
        fields += [(key, value) for key, values in form.lists.items() for value in values]
        way = address("sign_in", team=ids["team"], next=self._page_above(ids))
        kept = Kept(this_place(), tuple(fields), name, form.values[name], way)
        return Stopped(401, kept=kept)

    def _page_above(self, ids: dict[str, Any]) -> str:
        """The address of the page that the form stands on: the nearest one on the way up."""
        pages = declared_pages(current_app)
        shown = {each.path: each.name for each in pages if each.method == "GET"}
        path = self._declared.path
        while path and path not in shown:
            path = path.rpartition("/")[0]
        if not path:
            return address("tickets", team=ids["team"])
        named = {name: ids[name] for name in _PARAMETER.findall(path)}
        return address(shown[path], **named)

    def _take(self, visit: Visit, ids: dict[str, Any]) -> Response:
        if self._declared.again is None:
            return self._view(visit, **ids)
        try:
            return self._view(visit, **ids)
        except Invalid as error:
            visit.problems = error.problems
            return self._declared.again(visit, **ids)


def _remember(state: BlueprintSetupState, declared: Page) -> None:
    state.app.extensions.setdefault(_REGISTRY, []).append(declared)
    if declared.brings:
        take_up_to(state.app, f"{state.blueprint.name}.{declared.name}", FORM_MAX)
