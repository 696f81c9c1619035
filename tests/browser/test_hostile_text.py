"""Whatever is typed anywhere is shown as typed, and does nothing on any page."""

from collections.abc import Callable, Sequence

import pytest
from flask import Flask

from cstar_core import Conflict, Helpdesk, Invalid, Workspace
from tests.browser.conftest import Visit
from tests.browser.corpus import STRINGS
from tests.browser.places import places
from tests.browser.visitor import Visitor

TICKETS = 16
# What one title and the tags of one ticket have in them: a page for each text would take too long.
GROUPS = [STRINGS[number::TICKETS] for number in range(TICKETS)]
# Tickets that are opened, each with what is written in those of several groups.
OPENED = 4
# What a page shows: its text, and what stands in its fields.
SHOWN = """
() => document.body.textContent + [...document.querySelectorAll("input, textarea")]
  .map((field) => field.value).join(" ")
"""
# What no page of ours has, and what a script has done.
INJECTED = """
() => [...document.querySelectorAll(
  "script:not([src]), iframe:not(.letter[sandbox]), object, embed, base, math, marquee"
  + ", style, [style], [onerror]"
  + ", [onload], [onfocus], [onmouseover], [href^='javascript:' i], meta[http-equiv]"
)].map((element) => element.outerHTML).concat("broken" in window ? ["a script ran"] : [])
"""


def taken(write: Callable[[], object]) -> bool:
    """Whether the core takes what is written; it may refuse a text, and does not change it."""
    try:
        write()
    except (Invalid, Conflict):
        return False
    return True


def fill_ticket(acme: Workspace, texts: Sequence[str], fields: Sequence[str]) -> str:
    """The id of a ticket in which each of some texts stands everywhere."""
    first, joined = texts[0], " ".join(texts)
    made = acme.tickets.create(
        title=joined,
        customer_name=first,
        tags=texts,
        notes=joined,
        custom_fields=dict(zip(fields, texts, strict=True)) | {"said": joined},
        metadata={"said": {text: [text] for text in texts}},
        initial_message=joined,
    )
    quoted = f"> {joined}\n{joined}"
    acme.messages.create(made.id, content=quoted, sender_name=first, is_internal=True)
    return made.id


def fill_settings(acme: Workspace, number: int, text: str) -> None:
    """Name everything else after a text that the core lets one name so."""
    address = f"m{number}@acme.example"
    assert taken(lambda: acme.members.create(name=text, email=address))
    acme.customers.create(name=text, tags=[text], notes=text, metadata={"x": text})
    taken(lambda: acme.views.create(name=text, shared=True))
    taken(lambda: acme.canned_replies.create(name=text, content=text))
    url = f"https://hooks.example/{number}"
    acme.keys.create(type="secret", environment="live", name=text)
    taken(lambda: acme.webhooks.create(name=text, url=url, events=["*"]))


@pytest.fixture
def hostile(desk: Helpdesk) -> list[str]:
    """The tickets of a team in which every text stands in every place that takes one."""
    acme = desk.workspace("acme")
    with desk.transaction():
        acme.custom_fields.create(
            name="Said", key="said", type="text", entity_type="tickets", public=True
        )
        fields = [define(acme, number, text) for number, text in enumerate(STRINGS)]
        for number, text in enumerate(STRINGS):
            fill_settings(acme, number, text)
        made = [
            fill_ticket(acme, texts, fields[number::TICKETS]) for number, texts in enumerate(GROUPS)
        ]
        for number, text in enumerate(STRINGS):
            acme.messages.create(made[number % OPENED], content=text, sender_name=text)
    return made


def define(acme: Workspace, number: int, text: str) -> str:
    """The key of a field that is named after a text and offers it."""
    made = acme.custom_fields.create(
        name=text,
        key=f"field_{number}",
        type="select",
        entity_type="tickets",
        options=[text, "other"],
        public=number % 4 == 0,
    )
    return made.key


def injected(visitor: Visitor, path: str) -> list[str]:
    """What a page holds that is not ours."""
    visitor.open(path)
    return [f"{path}: {each}" for each in visitor.run(INJECTED)]


def missing(visitor: Visitor, texts: Sequence[str]) -> list[str]:
    """Those texts that the page does not show as they were typed."""
    shown = visitor.run(SHOWN)
    return [text for text in texts if text not in shown]


def test_a_ticket_shows_every_text_as_typed(visit: Visit, hostile: list[str]) -> None:
    owner = visit("owner")
    found = []
    for number in range(OPENED):
        found += injected(owner, f"/inbox/acme/tickets/{hostile[number]}")
        found += missing(owner, [*GROUPS[number], *STRINGS[number::OPENED]])
        assert owner.page.locator("h1").text_content() == " ".join(GROUPS[number])
    assert not found, "\n".join(found)


def test_a_customer_sees_every_text_as_typed(
    visit: Visit, desk: Helpdesk, hostile: list[str]
) -> None:
    customer, links = visit(), desk.workspace("acme").ticket_links
    found = []
    for number in range(OPENED):
        found += injected(customer, f"/t/acme/ticket/{links.link(hostile[number])}")
        found += missing(customer, [*GROUPS[number], *STRINGS[number::OPENED]])
    assert not found, "\n".join(found)


def test_a_list_shows_every_title_as_typed(visit: Visit, hostile: list[str]) -> None:
    owner = visit("owner")
    found = injected(owner, "/inbox/acme/views/all") + missing(owner, STRINGS)
    assert not found, "\n".join(found)


def test_no_page_runs_what_was_typed(
    app: Flask, visit: Visit, desk: Helpdesk, hostile: list[str]
) -> None:
    owner, nobody = visit("owner"), visit()
    found = []
    for place in places(app, desk, hostile[0]):
        found += injected(owner if place.needs_member else nobody, place.path)
    assert not found, "\n".join(found)


def test_what_is_sent_back_into_a_field_does_nothing(visit: Visit, desk: Helpdesk) -> None:
    desk.teams.create("Other")
    visitor = visit()
    found = []
    for texts in (STRINGS[::2], STRINGS[1::2]):
        visitor.open("/inbox/")
        visitor.fill(team=" ".join(texts))
        visitor.press("Go on")
        # A field of one line makes another text of several.
        found += visitor.run(INJECTED) + missing(visitor, [x for x in texts if "\n" not in x])
    assert not found, "\n".join(found)
