"""What all pages of the settings share: the way around, lists, and how a refusal is told."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, TypeVar

from flask import Response, request

from cstar_core import Conflict, Invalid, Problem, StaleVersion, utc_now
from cstar_core import Page as Listed
from cstar_web.errors import INVALID
from cstar_web.inbox.languages import say
from cstar_web.inbox.signing import TEAM
from cstar_web.inbox.stopping import Stopped
from cstar_web.inbox.visits import TeamVisit

SETTINGS = f"{TEAM}/settings"
# What a box that is checked sends.
YES = "yes"

_PAGE_SIZE = 50
_MEANWHILE = say(
    "Somebody has changed this meanwhile. Send again to put what stands here in its place"
)
Item = TypeVar("Item")


class Listing(Protocol[Item]):
    """A room's way to list what it has, page after page."""

    def __call__(self, *, page_size: int, cursor: str | None) -> Listed[Item]: ...


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the settings: the page that it begins with, and the least role that sees it."""

    page: str
    label: str
    icon: str
    role: str


SECTIONS = (
    Section("settings_members", say("Members"), "users", "owner"),
    Section("settings_mailboxes", say("Mailboxes"), "mail", "owner"),
    Section("settings_templates", say("Mail templates"), "sticky-note", "owner"),
    Section("settings_fields", say("Custom fields"), "list", "owner"),
    Section("settings_replies", say("Canned replies"), "reply", "owner"),
    Section("settings_views", say("Saved views"), "layers", "viewer"),
    Section("settings_keys", say("API keys"), "key-round", "owner"),
    Section("settings_webhooks", say("Webhooks"), "send", "owner"),
    Section("settings_team", say("Team"), "info", "viewer"),
)


def sections(visit: TeamVisit) -> list[Section]:
    """The parts that a member may see."""
    return [each for each in SECTIONS if visit.may(each.role)]


def show(visit: TeamVisit, template: str, section: str, **values: object) -> Response:
    """The answer with a page of the settings."""
    return visit.show(
        f"settings/{template}.html",
        section=section,
        sections=sections(visit),
        now=utc_now(),
        **values,
    )


def listed(find: Listing[Item]) -> Listed[Item]:
    """The page that is asked for; a cursor that is of another list counts as none."""
    after = request.args.get("after") or None
    try:
        return find(page_size=_PAGE_SIZE, cursor=after)
    except Invalid:
        return find(page_size=_PAGE_SIZE, cursor=None)


def checked(visit: TeamVisit, name: str) -> bool:
    """Whether a box was checked."""
    return visit.form.values[name] == YES


def seen_version(visit: TeamVisit) -> int | None:
    """The version of what the form was filled in for, if it says one."""
    sent = visit.form.values["version"]
    return int(sent) if sent.isascii() and sent.isdecimal() and len(sent) < 10 else None


def place_of(visit: TeamVisit, last: int) -> int:
    """The place among others that something is moved to; raises Stopped for what is none."""
    sent = visit.form.values["to"]
    if not (sent.isascii() and sent.isdecimal() and len(sent) < 10):
        raise Stopped(400)
    return min(int(sent), last)


def last_move() -> dict[str, str]:
    """What was moved and which way, for the focus to stay on the button that did it."""
    return {name: request.args.get(name, "") for name in ("moved", "by")}


@contextmanager
def refusals(otherwise: str = "", **words: str) -> Iterator[None]:
    """Tell in the form that it clashes with what is there; a word is said of the field it names."""
    try:
        yield
    except StaleVersion as error:
        raise Invalid([Problem("", INVALID, _MEANWHILE)]) from error
    except Conflict as error:
        param = error.param or ""
        told = Problem(param, INVALID, words[param]) if param in words else None
        raise Invalid([told or Problem("", INVALID, otherwise or str(error))]) from error
