"""Custom fields: what tickets and customers can be told beside what everybody knows of them."""

from flask import Response, request

from cstar_core import ENTITY_TYPES, CustomField
from cstar_web.inbox.declaring import Page, page
from cstar_web.inbox.languages import say
from cstar_web.inbox.settings.frame import (
    SETTINGS,
    checked,
    last_move,
    place_of,
    refusals,
    seen_version,
    show,
)
from cstar_web.inbox.settings.options import (
    read_lines,
    read_options,
    told_of_options,
    typed_options,
)
from cstar_web.inbox.visits import TeamVisit

FIELDS = f"{SETTINGS}/fields"
NEW = f"{FIELDS}/new"
FIELD = f"{FIELDS}/{{field}}"

SECTION = "settings_fields"
ENTITY_WORDS = {"tickets": say("Tickets"), "customers": say("Customers")}
TYPE_WORDS = {
    "text": say("Text"),
    "number": say("Number"),
    "select": say("One of several options"),
    "multiselect": say("Some of several options"),
    "date": say("Date"),
    "boolean": say("Yes or no"),
}
_TAKEN = say("is another field's already")
_WITH_OPTIONS = ("select", "multiselect")


@page(Page(method="GET", path=FIELDS, name=SECTION, access="owner"))
def fields(visit: TeamVisit) -> Response:
    return show(
        visit,
        "fields",
        SECTION,
        listed=by_entity(visit),
        entity_words=ENTITY_WORDS,
        type_words=TYPE_WORDS,
        **last_move(),
    )


@page(Page(method="GET", path=NEW, name="ask_field", access="owner"))
def ask_field(visit: TeamVisit) -> Response:
    asked = request.args.get("of", "")
    return show(
        visit,
        "new_field",
        SECTION,
        entity=asked if asked in ENTITY_TYPES else ENTITY_TYPES[0],
        entity_words=ENTITY_WORDS,
        type_words=TYPE_WORDS,
    )


@page(
    Page(
        method="POST",
        path=NEW,
        name="create_field",
        access="owner",
        fields=("name", "key", "type", "entity_type", "required", "public", "options"),
        again=ask_field,
    )
)
def create_field(visit: TeamVisit) -> Response:
    typed = visit.form.values
    options = read_lines(typed["options"])
    with refusals(key=_TAKEN):
        visit.workspace.custom_fields.create(
            name=typed["name"].strip(),
            key=typed["key"].strip(),
            type=typed["type"],
            entity_type=typed["entity_type"],
            # Lines that were typed before another type was chosen are left out.
            options=options or None if typed["type"] in _WITH_OPTIONS else None,
            required=checked(visit, "required"),
            public=checked(visit, "public") and typed["entity_type"] == "tickets",
        )
    return visit.leads_to(SECTION, done="field-made")


@page(Page(method="GET", path=FIELD, name="settings_field", access="owner"))
def field_page(visit: TeamVisit, field: str) -> Response:
    found = visit.workspace.custom_fields.get(field)
    return show(
        visit,
        "field",
        SECTION,
        field=found,
        options=typed_options(visit, found),
        entity_words=ENTITY_WORDS,
        type_words=TYPE_WORDS,
    )


@page(
    Page(
        method="POST",
        path=FIELD,
        name="change_field",
        access="owner",
        fields=("name", "required", "public", "more", "version"),
        lists=("options", "were"),
        again=field_page,
    )
)
def change_field(visit: TeamVisit, field: str) -> Response:
    room, typed = visit.workspace.custom_fields, visit.form.values
    before = room.get(field)
    options = read_options(visit.form, before)
    with refusals(), told_of_options():
        room.update(
            field,
            expected_version=seen_version(visit),
            name=typed["name"].strip(),
            required=checked(visit, "required"),
            public=checked(visit, "public") and before.entity_type == "tickets",
            **options,
        )
    return visit.leads_to("settings_field", field=field, done="changed")


@page(
    Page(
        method="POST",
        path=f"{FIELD}/archive",
        name="archive_field",
        access="owner",
        fields=("archived",),
    )
)
def archive_field(visit: TeamVisit, field: str) -> Response:
    archived = checked(visit, "archived")
    visit.workspace.custom_fields.update(field, archived=archived)
    done = "field-archived" if archived else "field-restored"
    return visit.leads_to("settings_field", field=field, done=done)


@page(
    Page(
        method="POST",
        path=f"{FIELD}/move",
        name="move_field",
        access="owner",
        fields=("to",),
    )
)
def move_field(visit: TeamVisit, field: str) -> Response:
    """To the place that is asked for among the fields of its kind; places are made whole numbers.

    Only those whose place changes are written.
    """
    room = visit.workspace.custom_fields
    with visit.desk.transaction():
        found = room.get(field)
        ordered = list(room.list(entity_type=found.entity_type))
        before = ordered.index(found)
        after = place_of(visit, len(ordered) - 1)
        ordered.insert(after, ordered.pop(before))
        for place, each in enumerate(ordered):
            if each.position != place:
                room.update(each.id, position=place)
    return visit.leads_to(SECTION, moved=field, by="up" if after < before else "down")


@page(Page(method="GET", path=f"{FIELD}/delete", name="ask_field_deletion", access="owner"))
def ask_field_deletion(visit: TeamVisit, field: str) -> Response:
    with visit.desk.snapshot(search=False):
        found = visit.workspace.custom_fields.get(field)
        values = visit.workspace.custom_fields.count_values(found.id)
    return show(visit, "delete_field", SECTION, field=found, values=values)


@page(Page(method="POST", path=f"{FIELD}/delete", name="delete_field", access="owner"))
def delete_field(visit: TeamVisit, field: str) -> Response:
    visit.workspace.custom_fields.delete(field)
    return visit.leads_to(SECTION, done="field-deleted")


def by_entity(visit: TeamVisit) -> dict[str, list[CustomField]]:
    """The fields of tickets and of customers, each in their order."""
    found = visit.workspace.custom_fields.list()
    return {
        entity: [each for each in found if each.entity_type == entity] for entity in ENTITY_TYPES
    }
