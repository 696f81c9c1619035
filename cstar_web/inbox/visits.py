"""A visit to a page: who comes, what they sent, and how to answer."""

import secrets
from dataclasses import dataclass, field
from urllib.parse import unquote

from flask import Response, request

from cstar_core import Helpdesk, Member, Problem, Session, Team, Workspace
from cstar_web.html.catalogues import preferred
from cstar_web.inbox.cookies import GUEST, LANGUAGE, THEME, read_cookie, set_cookie
from cstar_web.inbox.forgery import token_of
from cstar_web.inbox.forms import Form
from cstar_web.inbox.languages import LANGUAGES
from cstar_web.inbox.rendering import address, moved, page, render

INBOX = "/inbox"
THEMES = ("light", "dark")
# Each may do what those before it may.
_DIGITS_MAX = 6
ROLES = ("viewer", "agent", "owner")


@dataclass(slots=True, kw_only=True)
class Visit:
    """One request for a page, as far as it has been checked."""

    desk: Helpdesk
    # The cookie that the forms are tied to.
    secret: str
    form: Form = field(default_factory=Form)
    # What was wrong with the form, if its page is shown once more.
    problems: tuple[Problem, ...] = ()
    is_new_guest: bool = False

    @property
    def token(self) -> str:
        """What each form of this visit sends along."""
        if not self.secret:
            self.secret, self.is_new_guest = secrets.token_urlsafe(32), True
        return token_of(self.secret)

    @property
    def news(self) -> str:
        """What the page before has done; a template knows the words for it."""
        return request.args.get("done", "")

    @property
    def by_script(self) -> bool:
        """Whether a script asks, which wants a part of a page."""
        return "HX-Request" in request.headers

    def asked(self, name: str) -> str:
        """What the address says behind its question mark; nothing if it says nothing."""
        return request.args.get(name, "")

    def number(self, name: str) -> int:
        """A number that the address says; none if it says no such thing."""
        said = self.asked(name)
        return int(said) if said.isascii() and said.isdecimal() and len(said) < _DIGITS_MAX else 0

    def typed(self, name: str, otherwise: str = "") -> str:
        """What a field shows: what was typed if the form is shown once more."""
        return self.form.values.get(name, otherwise) if self.problems else otherwise

    def wrong(self, name: str) -> tuple[Problem, ...]:
        """What is wrong with a field; for an empty name, with what is no field of the form."""
        fields = {*self.form.values, *self.form.lists}

        def belongs(param: str) -> bool:
            field = param.partition(".")[0]
            return field == name if name else field not in fields

        return tuple(problem for problem in self.problems if belongs(problem.param))

    def show(self, template: str, **values: object) -> Response:
        """The answer with a page; 422 if it shows a form once more for what is wrong with it."""
        text = render(template, chosen_language(), chosen_theme(), visit=self, **values)
        answer = page(text, 422 if self.problems else 200)
        if self.is_new_guest:
            set_cookie(answer, GUEST, self.secret, None)
        return answer

    def leads_to(self, name: str, **ids: object) -> Response:
        """The answer to a form that was taken: another page, which can be reloaded."""
        return moved(address(name, **ids))


@dataclass(slots=True, kw_only=True)
class TeamVisit(Visit):
    """A visit of a member who is signed in, to a page of the member's team."""

    session: Session
    member: Member
    team: Team
    workspace: Workspace

    def at(self, name: str, **ids: object) -> str:
        """The address of a page of this team. What leads to the list that is looked at, or on from
        it, keeps what was searched for and the order."""
        if "view" in ids and ids["view"] == self._view:
            ids = {name: self.asked(name) or None for name in ("q", "sort")} | ids
        return address(name, team=self.team.slug, **ids)

    @property
    def _view(self) -> str:
        return (request.view_args or {}).get("view") or self.asked("view")

    def may(self, role: str) -> bool:
        """Whether the member may do what this role may."""
        return has_role(self.member, role)

    def leads_to(self, name: str, **ids: object) -> Response:
        """The answer to a form that was taken: another page of this team."""
        return moved(self.at(name, **ids))


def has_role(member: Member, role: str) -> bool:
    """Whether a member may do what a role may."""
    return ROLES.index(member.role) >= ROLES.index(role)


def chosen_language() -> str:
    """The language that was chosen, else the first that the browser asks for and we have."""
    chosen = read_cookie(LANGUAGE)
    if chosen in LANGUAGES:
        return chosen
    return preferred(each for each, _ in request.accept_languages)


def chosen_theme() -> str:
    """Light or dark, or nothing if the system decides."""
    chosen = read_cookie(THEME)
    return chosen if chosen in THEMES else ""


def place_after(team: str, wanted: str) -> str:
    """Where to go after signing in: back to a page of the same team, and nowhere else."""
    return place_below(f"{INBOX}/{team}/", wanted) or address("tickets", team=team)


def place_below(beginning: str, wanted: str) -> str:
    """The place that was wanted, if it is one below a path of ours, however it is written."""
    if not (wanted.startswith(beginning) and wanted.isascii() and wanted.isprintable()):
        return ""
    # As browsers read it: a backslash is a slash, and dots lead out of what stands before them.
    parts = unquote(wanted.partition("?")[0].partition("#")[0]).replace("\\", "/").split("/")
    if {".", ".."} & set(parts) or "" in parts[1:-1]:
        return ""
    return request.script_root + wanted
