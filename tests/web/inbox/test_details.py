"""What members change beside a conversation: tags, custom fields, notes; and what happened."""

import pytest

from cstar_core import Helpdesk, Workspace
from tests.core.tracing import queries
from tests.web.inbox.browser import Browser, Seen
from tests.web.inbox.conftest import SignIn

XSS = '"><img src=x onerror=alert(1)>'


@pytest.fixture
def path(acme: Workspace) -> str:
    made = acme.tickets.create(title="Cannot log in", customer_name="Jane", tags=["login", "vip"])
    return f"/inbox/acme/tickets/{made.id}"


def id_of(path: str) -> str:
    return path.rpartition("/")[2]


def define(acme: Workspace, type: str, **more: object) -> str:
    options = ["EU", "US"] if type.endswith("select") else None
    given = {"name": "Region", "key": "region", "entity_type": "tickets", **more}
    acme.custom_fields.create(type=type, options=options, **given)  # type: ignore[arg-type]
    return "region"


# --- tags


@pytest.mark.parametrize(
    ("typed", "tags"),
    [
        ({"add": "billing"}, ("login", "vip", "billing")),
        ({"add": " a b , LOGIN,c "}, ("login", "vip", "a b", "c")),
        ({"remove": "login"}, ("vip",)),
        ({"add": "x", "remove": "vip"}, ("login", "x")),
        ({"remove": "never there"}, ("login", "vip")),
        ({}, ("login", "vip")),
    ],
)
def test_tags_are_added_and_removed(
    acme: Workspace, agent: Browser, path: str, typed: dict[str, str], tags: tuple[str, ...]
) -> None:
    assert agent.send(f"{path}/tags", typed, form=path).status_code == 303
    assert acme.tickets.get(id_of(path)).tags == tags


def test_a_tag_of_a_colleague_stays(acme: Workspace, agent: Browser, path: str) -> None:
    token = agent.token(path)
    acme.tickets.update(id_of(path), tags=["login", "vip", "theirs"])
    agent.client.post(f"{path}/tags", data={"form_token": token, "add": "mine"})
    assert acme.tickets.get(id_of(path)).tags == ("login", "vip", "theirs", "mine")


def test_a_tag_that_cannot_be_is_told_beside_its_field(agent: Browser, path: str) -> None:
    answer = agent.send(f"{path}/tags", {"add": "x" * 65}, form=path)
    assert answer.status_code == 422
    (field,) = (each for each in Seen(answer.text).all("input") if each.get("name") == "add")
    assert (field["aria-invalid"], field["value"]) == ("true", "x" * 65)
    assert 'id="add-wrong"' in answer.text


def test_tags_are_suggested_as_they_begin(acme: Workspace, agent: Browser, path: str) -> None:
    acme.tickets.create(title="x", tags=["lost parcel", XSS])
    assert [each["value"] for each in agent.see(f"{path}/tags?begin=lo").all("option")] == [
        "login",
        "lost parcel",
    ]
    assert [each["value"] for each in agent.see(f"{path}/tags?begin=lost%20p").all("option")] == [
        "lost parcel"
    ]
    assert XSS in [each["value"] for each in agent.see(f"{path}/tags").all("option")]
    for begin in ('"', "%00", "a" * 5_000, "tag:x status:"):
        assert agent.get(f"{path}/tags?begin={begin}").status_code in (200, 400)


# --- custom fields

VALUES = (
    ("text", "EU\r\nand more", "EU\nand more"),
    ("number", "5", 5),
    ("number", "2.5", 2.5),
    ("number", " -.5 ", -0.5),
    ("boolean", "false", False),
    ("date", "2025-12-24", "2025-12-24"),
    ("select", "US", "US"),
)


@pytest.mark.parametrize(("type", "typed", "value"), VALUES)
def test_a_field_is_set_and_emptied(
    acme: Workspace, agent: Browser, path: str, type: str, typed: str, value: object
) -> None:
    key = define(acme, type)
    assert agent.send(f"{path}/fields/{key}", {"value": typed}, form=path).status_code == 303
    assert acme.tickets.get(id_of(path)).custom_fields == {key: value}
    agent.send(f"{path}/fields/{key}", {"value": ""}, form=path)
    assert acme.tickets.get(id_of(path)).custom_fields == {}


def test_several_options_are_chosen(acme: Workspace, agent: Browser, path: str) -> None:
    key = define(acme, "multiselect")
    agent.send(f"{path}/fields/{key}", {"values": ["US", "EU"]}, form=path)
    assert acme.tickets.get(id_of(path)).custom_fields == {key: ["US", "EU"]}
    boxes = [each for each in agent.see(path).all("input") if each.get("name") == "values"]
    assert ["checked" in each for each in boxes] == [True, True]
    agent.send(f"{path}/fields/{key}", {}, form=path)
    assert acme.tickets.get(id_of(path)).custom_fields == {}


WRONG = (
    ("number", "many", "Region must be a finite number"),
    ("number", "1_000", "Region must be a finite number"),
    ("number", "\u0661", "Region must be a finite number"),
    ("number", "nan", "Region must be a finite number"),
    ("date", "2025-02-30", "Region must be a"),
    ("select", "Mars", "Region must be one of"),
    ("boolean", "maybe", "Region must be true or false"),
    ("text", "x" * 5_001, "Region must be at most 5,000 characters"),
)


@pytest.mark.parametrize(("type", "typed", "told"), WRONG)
def test_what_is_wrong_is_told_beside_the_field(
    acme: Workspace, agent: Browser, path: str, type: str, typed: str, told: str
) -> None:
    key = define(acme, type)
    answer = agent.send(f"{path}/fields/{key}", {"value": typed}, form=path)
    assert answer.status_code == 422
    assert told in Seen(answer.text).text
    assert 'aria-describedby="value-wrong"' in answer.text
    assert acme.tickets.get(id_of(path)).custom_fields == {}


def test_a_field_that_is_needed_cannot_be_emptied(
    acme: Workspace, agent: Browser, path: str
) -> None:
    key = define(acme, "text")
    acme.tickets.update(id_of(path), custom_fields={key: "EU"})
    acme.custom_fields.update(acme.custom_fields.list()[0].id, required=True)
    answer = agent.send(f"{path}/fields/{key}", {"value": ""}, form=path)
    assert answer.status_code == 422
    assert "Region is required" in Seen(answer.text).text


def test_an_option_that_was_taken_away_is_kept_while_it_is_chosen(
    acme: Workspace, agent: Browser, path: str
) -> None:
    key = define(acme, "select")
    acme.tickets.update(id_of(path), custom_fields={key: "EU"})
    acme.custom_fields.update(acme.custom_fields.list()[0].id, options=["US"])
    assert "<option selected>EU</option>" in agent.get(path).text


def test_an_archived_field_is_only_shown(acme: Workspace, agent: Browser, path: str) -> None:
    key = define(acme, "text")
    acme.tickets.update(id_of(path), custom_fields={key: "EU"})
    acme.custom_fields.update(acme.custom_fields.list()[0].id, archived=True)
    shown = agent.get(path).text
    assert "Region EU" in Seen(shown).text and f"fields/{key}" not in shown


def test_a_field_that_there_is_not_is_told(acme: Workspace, agent: Browser, path: str) -> None:
    define(acme, "text", entity_type="customers")
    assert agent.send(f"{path}/fields/region", {"value": "x"}, form=path).status_code == 404


# --- notes


def notes(html: str) -> dict[str, str]:
    fields = Seen(html).all("input")
    return {"was_notes": next(e["value"] for e in fields if e.get("name") == "was_notes")}


def test_notes_are_kept_and_emptied(acme: Workspace, agent: Browser, path: str) -> None:
    for typed, kept in (("Call <b>back", "Call <b>back"), (" ", None)):
        values = {"notes": typed, **notes(agent.get(path).text)}
        assert agent.send(f"{path}/notes", values, form=path).status_code == 303
        assert acme.tickets.get(id_of(path)).notes == kept


def test_notes_of_a_colleague_are_not_written_over_unseen(
    acme: Workspace, agent: Browser, path: str
) -> None:
    was = notes(agent.get(path).text)
    acme.tickets.update(id_of(path), notes="Theirs")
    answer = agent.send(f"{path}/notes", {"notes": "Mine", **was}, form=path)
    assert answer.status_code == 422
    assert "Mine</textarea>" in answer.text and "Theirs</blockquote>" in answer.text
    assert acme.tickets.get(id_of(path)).notes == "Theirs"
    again = {"notes": "Mine and theirs", **notes(answer.text)}
    assert agent.send(f"{path}/notes", again, form=path).status_code == 303
    assert acme.tickets.get(id_of(path)).notes == "Mine and theirs"


# --- who asks


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "nobody has checked that this address is theirs"),
        ("de", "Niemand hat geprüft, ob diese Adresse dem Absender gehört"),
    ],
)
def test_an_address_that_a_form_named_is_said_to_be_unproved(
    acme: Workspace, agent: Browser, path: str, language: str, told: str
) -> None:
    real = acme.tickets.create(title="x", customer_name="Jane", customer_email="jane@a.example")
    claimed = acme.tickets.create(
        title="y", customer_id=real.customer_id, metadata={"source": "form"}
    )
    for ticket, is_told in ((real, False), (claimed, True)):
        shown = agent.get(f"/inbox/acme/tickets/{ticket.id}", Accept_Language=language).text
        assert (told in Seen(shown).text) == is_told == ('id="unproved"' in shown)


# --- history


def test_what_happened_is_told_in_words(
    desk: Helpdesk, acme: Workspace, agent: Browser, path: str
) -> None:
    me = acme.members.list().items[0]
    mine, id = desk.workspace_of_member(me.id), id_of(path)
    mine.tickets.update(id, status="pending", assigned_to=me.id, tags=[])
    mine.messages.create(id, content="x", is_internal=True)
    mine.messages.send(id, content="y", status="resolved")
    for place in (path, f"{path}/history"):
        text = agent.see(place).text
        for said in (
            "A program made the ticket",
            "Agent changed the status: Pending",
            "Agent changed who has it: Agent",
            "Agent changed the tags",
            "Agent wrote a note",
            "Agent wrote a reply",
            "Agent changed the status: Resolved",
        ):
            assert said in text


def test_a_long_history_has_a_page_of_its_own(acme: Workspace, agent: Browser, path: str) -> None:
    for number in range(60):
        acme.tickets.update(id_of(path), title=f"Title {number}")
    beside = agent.see(path)
    assert "Title 59" in beside.text and "changed the title: Title 40" not in beside.text
    place, found = f"{path}/history", ""
    while place:
        seen = agent.see(place)
        found += seen.text
        place = next((e["href"] for e in seen.all("a") if "after=" in e.get("href", "")), "")
    assert all(f"changed the title: Title {number} " in found for number in range(60))
    assert agent.get(f"{path}/history?after=x").status_code == 200


# --- all of it


def test_what_strangers_write_stays_text_beside_a_conversation(
    acme: Workspace, agent: Browser, path: str
) -> None:
    define(acme, "text", name=XSS)
    acme.custom_fields.create(
        name="O", key="o", type="select", entity_type="tickets", options=[XSS, "b"]
    )
    values = {"region": XSS, "o": XSS}
    acme.tickets.update(id_of(path), custom_fields=values, tags=[XSS], notes=XSS, title=XSS)
    for place in (path, f"{path}/history"):
        seen = agent.see(place)
        assert seen.all("img") == [each for each in seen.all("img") if "alt" in each]
        assert not [name for _, each in seen.tags for name in each if name.startswith("on")]


@pytest.mark.parametrize(
    ("page", "values"),
    [
        ("tags", {"add": "x"}),
        ("fields/region", {"value": "x"}),
        ("notes", {"notes": "x"}),
        ("customers/CUSTOMER", {"customer_name": "x", "was_name": ""}),
        ("customers/CUSTOMER/fields/region", {"value": "x"}),
    ],
)
def test_a_viewer_and_another_team_change_nothing(
    desk: Helpdesk, acme: Workspace, signed_in: SignIn, path: str, page: str, values: dict[str, str]
) -> None:
    define(acme, "text")
    define(acme, "text", entity_type="customers")
    before = acme.tickets.get(id_of(path), expand_customer=True)
    page = page.replace("CUSTOMER", str(before.customer_id))
    viewer = signed_in("viewer")
    assert viewer.send(f"{path}/{page}", values, form="/inbox/acme/account").status_code == 403
    stranger = signed_in("agent", "other")
    foreign = path.replace("/acme/", "/other/")
    answer = stranger.send(f"{foreign}/{page}", values, form="/inbox/other/account")
    assert answer.status_code == 404
    assert acme.tickets.get(id_of(path), expand_customer=True) == before


def test_the_page_runs_as_many_queries_however_much_is_beside_it(
    desk: Helpdesk, acme: Workspace, agent: Browser, path: str
) -> None:
    acme.tickets.update(id_of(path), customer_id=acme.customers.list().items[0].id)
    for number in range(12):
        acme.tickets.update(id_of(path), title=f"Title {number}")
    agent.get(path)
    few = queries(desk, lambda: agent.get(path))
    customer = acme.customers.list().items[0].id
    for number in range(30):
        acme.custom_fields.create(
            name=f"F{number}", key=f"f{number}", type="text", entity_type="tickets"
        )
        acme.tickets.create(title="Another", customer_id=customer)
        acme.tickets.update(id_of(path), custom_fields={f"f{number}": "x"})
    agent.get(path)
    many = queries(desk, lambda: agent.get(path))
    assert len(many) == len(few)
