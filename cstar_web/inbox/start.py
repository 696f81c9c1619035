"""Pages that need nobody to be signed in: the way in, how pages look, and the files they bring."""

from flask import Response, request

from cstar_web.inbox.cookies import LANGUAGE, SESSION, THEME, end_cookie, read_cookie, set_cookie
from cstar_web.inbox.declaring import Page, page
from cstar_web.inbox.files import find_file, send
from cstar_web.inbox.languages import LANGUAGES
from cstar_web.inbox.stopping import Stopped
from cstar_web.inbox.visits import INBOX, THEMES, Visit, place_below

STATIC = f"{INBOX}/static/{{address}}"
APPEARANCE = f"{INBOX}/appearance"


@page(Page(method="GET", path=STATIC, name="file", access="anyone"))
def file(visit: Visit, address: str) -> Response:
    found = find_file(address)
    if found is None:
        raise Stopped(404)
    return send(found)


@page(Page(method="GET", path="/", name="root", access="anyone"))
def root(visit: Visit) -> Response:
    return visit.leads_to("start")


@page(Page(method="GET", path=f"{INBOX}/", name="start", access="anyone"))
def start(visit: Visit) -> Response:
    """The team that one is signed in to, else the only one there is, else the one asked for."""
    token = read_cookie(SESSION)
    signed_in = visit.desk.sessions.find(token) if token else None
    if signed_in is not None:
        return visit.leads_to("tickets", team=signed_in.team.slug)
    asked = request.args.get("team", "").strip()
    teams = visit.desk.teams.list()
    found = teams[0] if len(teams) == 1 else visit.desk.teams.find(asked.lower())
    if found is not None:
        return visit.leads_to("sign_in", team=found.slug)
    return visit.show("team.html", asked=asked)


@page(Page(method="GET", path=APPEARANCE, name="appearance", access="anyone"))
def appearance(visit: Visit) -> Response:
    back = place_below(f"{INBOX}/", visit.asked("next"))
    return visit.show("appearance.html", chosen_language=read_cookie(LANGUAGE), back=back)


@page(
    Page(
        method="POST",
        path=APPEARANCE,
        name="choose_appearance",
        access="anyone",
        fields=("language", "theme", "next"),
    )
)
def choose_appearance(visit: Visit) -> Response:
    back = visit.form.values["next"] or None
    answer = visit.leads_to("appearance", done="appearance", next=back)
    for name, known in ((LANGUAGE, LANGUAGES), (THEME, THEMES)):
        chosen = visit.form.values[name.removeprefix("cstar_")]
        if chosen in known:
            set_cookie(answer, name, chosen)
        else:
            end_cookie(answer, name)
    return answer
