"""API keys: which programs may come in, and when each was last here."""

from datetime import datetime, timedelta

from flask import Response

from cstar_core import Key, utc_now
from cstar_web.inbox.declaring import Page, page
from cstar_web.inbox.languages import say
from cstar_web.inbox.settings.frame import SETTINGS, refusals, show
from cstar_web.inbox.stopping import Stopped
from cstar_web.inbox.visits import TeamVisit

KEYS = f"{SETTINGS}/keys"
NEW = f"{KEYS}/new"
KEY = f"{KEYS}/{{key}}"

SECTION = "settings_keys"
TYPE_WORDS = {"secret": say("Secret"), "publishable": say("Publishable")}
ENVIRONMENT_WORDS = {"live": say("Live"), "test": say("Test")}
# In days; nothing for a key that does not end by itself.
LIFETIMES = {
    "": say("Does not end by itself"),
    "30": say("30 days"),
    "90": say("90 days"),
    "365": say("A year"),
}
# In hours; how long a key that is replaced goes on.
OVERLAPS = {
    "24": say("Another day"),
    "168": say("Another week"),
    "1": say("Another hour"),
    "0": say("Not at all"),
}
_STOPPED = say("It no longer works, and cannot be replaced. Make a new one")


@page(Page(method="GET", path=KEYS, name=SECTION, access="owner"))
def keys(visit: TeamVisit) -> Response:
    found, now = visit.workspace.keys.list(), utc_now()
    return show(
        visit,
        "keys",
        SECTION,
        working=[key for key in reversed(found) if not is_over(key, now)],
        over=[key for key in reversed(found) if is_over(key, now)],
        type_words=TYPE_WORDS,
        environment_words=ENVIRONMENT_WORDS,
    )


@page(Page(method="GET", path=NEW, name="ask_key", access="owner"))
def ask_key(visit: TeamVisit) -> Response:
    return show(visit, "new_key", SECTION, lifetimes=LIFETIMES)


@page(
    Page(
        method="POST",
        path=NEW,
        name="create_key",
        access="owner",
        fields=("name", "type", "environment", "lifetime"),
        again=ask_key,
    )
)
def create_key(visit: TeamVisit) -> Response:
    typed = visit.form.values
    if typed["lifetime"] not in LIFETIMES:
        raise Stopped(400)
    made = visit.workspace.keys.create(
        name=typed["name"].strip() or None,
        type=typed["type"],
        environment=typed["environment"],
        expires_in=timedelta(days=int(typed["lifetime"])) if typed["lifetime"] else None,
    )
    return show(visit, "key", SECTION, made=made, old=None, lasts=False)


@page(Page(method="GET", path=f"{KEY}/rotate", name="ask_rotation", access="owner"))
def ask_rotation(visit: TeamVisit, key: str) -> Response:
    found = visit.workspace.keys.get(key)
    return show(visit, "rotate_key", SECTION, key=found, overlaps=OVERLAPS)


@page(
    Page(
        method="POST",
        path=f"{KEY}/rotate",
        name="rotate_key",
        access="owner",
        fields=("overlap",),
        again=ask_rotation,
    )
)
def rotate_key(visit: TeamVisit, key: str) -> Response:
    overlap = visit.form.values["overlap"]
    if overlap not in OVERLAPS:
        raise Stopped(400)
    with visit.desk.transaction(), refusals(key_id=_STOPPED):
        made = visit.workspace.keys.rotate(key, overlap=timedelta(hours=int(overlap)))
        old = visit.workspace.keys.get(key)
    return show(visit, "key", SECTION, made=made, old=old, lasts=overlap != "0")


@page(Page(method="GET", path=f"{KEY}/revoke", name="ask_revocation", access="owner"))
def ask_revocation(visit: TeamVisit, key: str) -> Response:
    return show(visit, "revoke_key", SECTION, key=visit.workspace.keys.get(key))


@page(Page(method="POST", path=f"{KEY}/revoke", name="revoke_key", access="owner"))
def revoke_key(visit: TeamVisit, key: str) -> Response:
    visit.workspace.keys.revoke(key)
    return visit.leads_to(SECTION, done="key-revoked")


def is_over(key: Key, now: datetime) -> bool:
    """Whether a key opens nothing any more."""
    return key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= now)
