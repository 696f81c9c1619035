"""Custom fields in the settings."""

import pytest

from cstar_core import CustomField, Helpdesk
from tests.web.inbox.browser import Browser, Seen
from tests.web.inbox.conftest import SignIn

FIELDS = "/inbox/acme/settings/fields"
NEW = {"name": "Region", "key": "region", "type": "select", "entity_type": "tickets"}


@pytest.fixture
def owner(signed_in: SignIn) -> Browser:
    return signed_in("owner")


@pytest.fixture
def region(desk: Helpdesk) -> CustomField:
    return desk.workspace("acme").custom_fields.create(
        name="Region", key="region", type="select", entity_type="tickets", options=["EU", "US"]
    )


def keys(desk: Helpdesk) -> list[str]:
    return [each.key for each in desk.workspace("acme").custom_fields.list(entity_type="tickets")]


def test_without_fields_the_page_says_what_to_do(owner: Browser) -> None:
    seen = owner.see(FIELDS)
    assert seen.text.count("No field yet") == 2
    assert f"{FIELDS}/new?of=customers" in seen.links()


def test_a_field_is_made(desk: Helpdesk, owner: Browser) -> None:
    given = NEW | {"options": " EU \n\nUS\n", "required": "yes", "public": "yes"}
    answer = owner.send(f"{FIELDS}/new", given)
    assert answer.headers["Location"] == f"{FIELDS}?done=field-made"
    (made,) = desk.workspace("acme").custom_fields.list()
    assert (made.key, made.options, made.required, made.public) == (
        "region",
        ("EU", "US"),
        True,
        True,
    )
    seen = owner.see(answer.headers["Location"])
    assert "Region region · One of several options (2) Required Public" in seen.text


def test_what_does_not_belong_to_a_kind_is_left_out(desk: Helpdesk, owner: Browser) -> None:
    given = NEW | {"type": "text", "entity_type": "customers", "options": "EU", "public": "yes"}
    assert owner.send(f"{FIELDS}/new", given).status_code == 303
    (made,) = desk.workspace("acme").custom_fields.list()
    assert (made.options, made.public) == (None, False)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"name": ""}, "Name is required"),
        ({"key": ""}, "Key must match"),
        ({"key": "Region 1"}, "Key must match"),
        ({"key": "taken"}, "Key is another field's already"),
        ({"type": "colour"}, "Kind must be one of"),
        ({"entity_type": "teams"}, "Of must be one of"),
        ({"options": ""}, "Options is required"),
        ({"options": "EU\nEU"}, "Options must be distinct"),
        ({"options": "\n".join(map(str, range(501)))}, "Options must have 1 to 500 options"),
    ],
)
def test_what_is_wrong_with_a_field_stands_beside_it(
    desk: Helpdesk, owner: Browser, given: dict[str, str], told: str
) -> None:
    desk.workspace("acme").custom_fields.create(
        name="Taken", key="taken", type="text", entity_type="tickets"
    )
    answer = owner.send(f"{FIELDS}/new", NEW | {"options": "EU"} | given)
    assert answer.status_code == 422
    assert told in Seen(answer.text).text
    assert keys(desk) == ["taken"]


def test_options_are_renamed_taken_away_and_added(
    desk: Helpdesk, owner: Browser, region: CustomField
) -> None:
    acme = desk.workspace("acme")
    ticket = acme.tickets.create(title="Hello", custom_fields={"region": "EU"})
    path = f"{FIELDS}/{region.id}"
    given: dict[str, str | list[str]] = {
        "name": "Where",
        "were": ["EU", "US"],
        "options": ["Europe", " "],
        "more": "Asia\n",
        "version": "1",
    }
    answer = owner.send(path, given)
    assert answer.headers["Location"] == f"{path}?done=changed"
    changed = acme.custom_fields.get(region.id)
    assert (changed.name, changed.options) == ("Where", ("Europe", "Asia"))
    assert acme.tickets.get(ticket.id).custom_fields == {"region": "Europe"}


@pytest.mark.parametrize(
    ("were", "options", "status"),
    [
        (["EU", "US"], ["EU"], 400),
        (["EU", "EU"], ["EU", "US"], 400),
        (["EU", "US"], ["EU", "EU"], 422),
        (["EU", "Mars"], ["EU", "Moon"], 422),
        ([], [], 422),
    ],
)
def test_options_that_do_not_fit_change_nothing(
    desk: Helpdesk,
    owner: Browser,
    region: CustomField,
    were: list[str],
    options: list[str],
    status: int,
) -> None:
    given: dict[str, str | list[str]] = {"name": "Region", "were": were, "options": options}
    assert owner.send(f"{FIELDS}/{region.id}", given).status_code == status
    assert desk.workspace("acme").custom_fields.get(region.id) == region


def test_a_name_that_was_typed_for_an_option_is_not_lost(
    owner: Browser, region: CustomField
) -> None:
    given: dict[str, str | list[str]] = {
        "name": "",
        "were": ["EU", "US"],
        "options": ["Europe", "US"],
        "more": "Asia",
    }
    answer = owner.send(f"{FIELDS}/{region.id}", given)
    assert answer.status_code == 422
    values = [each["value"] for each in Seen(answer.text).all("input") if "value" in each]
    assert "Europe" in values
    assert "Asia" in Seen(answer.text).text


def test_a_field_is_archived_and_restored(
    desk: Helpdesk, owner: Browser, region: CustomField
) -> None:
    path, room = f"{FIELDS}/{region.id}", desk.workspace("acme").custom_fields
    owner.send(f"{path}/archive", {"archived": "yes"}, form=path)
    assert room.get(region.id).archived_at is not None
    assert "Archived" in owner.see(FIELDS).text
    owner.send(f"{path}/archive", form=path)
    assert room.get(region.id).archived_at is None


def test_fields_are_put_in_order(desk: Helpdesk, owner: Browser, region: CustomField) -> None:
    room = desk.workspace("acme").custom_fields
    for key in ("a", "b"):
        room.create(name=key, key=key, type="text", entity_type="tickets", position=7)
    room.create(name="Plan", key="plan", type="text", entity_type="customers")
    path = f"{FIELDS}/{region.id}/move"
    assert keys(desk) == ["region", "a", "b"]
    answer = owner.send(path, {"to": "1"}, form=FIELDS)
    assert keys(desk) == ["a", "region", "b"]
    assert [
        each for each in owner.see(answer.headers["Location"]).all("button") if "autofocus" in each
    ]
    owner.send(path, {"to": "99"}, form=FIELDS)
    assert keys(desk) == ["a", "b", "region"]
    before = desk.workspace("acme").events.list().total
    owner.send(path, {"to": "2"}, form=FIELDS)
    assert desk.workspace("acme").events.list().total == before


@pytest.mark.parametrize("place", ["", "-1", "one", "9" * 40, "²"])
def test_a_place_that_is_none_is_refused(owner: Browser, region: CustomField, place: str) -> None:
    answer = owner.send(f"{FIELDS}/{region.id}/move", {"to": place}, form=FIELDS)
    assert answer.status_code == 400


def test_deleting_says_how_many_values_go(
    desk: Helpdesk, owner: Browser, region: CustomField
) -> None:
    acme = desk.workspace("acme")
    for value in ("EU", "EU", "US"):
        acme.tickets.create(title="Hello", custom_fields={"region": value})
    path = f"{FIELDS}/{region.id}/delete"
    assert "3 tickets lose their value." in owner.see(path).text
    assert keys(desk) == ["region"]
    assert owner.send(path).headers["Location"] == f"{FIELDS}?done=field-deleted"
    assert keys(desk) == []
    assert owner.get(path).status_code == 404
