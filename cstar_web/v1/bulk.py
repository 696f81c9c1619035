"""Many tickets at once: changed or deleted in one transaction."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from flask import Blueprint, Response
from marshmallow import ValidationError, fields, validates_schema

from cstar_core import BULK_MAX, PRIORITIES, SEARCH_MAX, STATUSES, BulkItem, Invalid, Problem
from cstar_web.calls import Call
from cstar_web.envelope import several
from cstar_web.errors import Failure, from_core, refused
from cstar_web.names import camel_case
from cstar_web.operations import Operation, operation
from cstar_web.shapes import Shape
from cstar_web.v1.answers import count, kind, text, text_or_null
from cstar_web.v1.fields import Choices, Flag, Instant, Object, Part, Strings, Tags, Text
from cstar_web.v1.patterns import id_given
from cstar_web.v1.ticket_shapes import CUSTOMER, HOLDER, TicketChanges
from cstar_web.v1.tickets import PATH

blueprint = Blueprint("bulk", __name__)
_IDS = {"pattern": id_given("tkt_")}
_OUTCOMES = ("updated", "unchanged", "deleted", "failed")
_ONE_OF_EACH = [
    {"oneOf": [{"required": ["ids"]}, {"required": ["filter"]}]},
    {
        "oneOf": [
            {"required": ["update"]},
            {"required": ["delete"], "properties": {"delete": {"const": True}}},
        ]
    },
]


class TicketFilter(Shape):
    """Which tickets: the filters of the list; all must hold, and there must be one."""

    constraints: ClassVar = {"minProperties": 1}

    status = Choices(STATUSES)
    priority = Choices(PRIORITIES)
    search = Text(metadata={"maxLength": SEARCH_MAX, "description": "As in the list."})
    customer_id = Text(metadata=CUSTOMER)
    assigned_to = Text(metadata=HOLDER)
    tags = Tags(data_key="tag", description="Tags that all must be there.")
    custom_fields = Object(metadata={"description": "Values, or bounds, by key."})
    created_after = Instant("Made after this instant.")
    created_before = Instant("Made before this instant.")
    updated_after = Instant("Last changed after this instant.")
    updated_before = Instant("Last changed before this instant.")


class ManyChanges(TicketChanges):
    """What to change about each ticket."""

    remove_tags = Tags(description="Tags to take away; comes before `addTags`.")
    add_tags = Tags(description="Tags to add to those that are there.")


class Bulk(Shape):
    """Which tickets, and what is done to each."""

    constraints: ClassVar = {"allOf": _ONE_OF_EACH}

    ids = Strings(
        items=_IDS,
        metadata={"minItems": 1, "maxItems": BULK_MAX, "uniqueItems": True},
    )
    filter = Part(TicketFilter())
    cursor = Text(metadata={"description": "`nextCursor` of the answer before, with `filter`."})
    update = Part(ManyChanges())
    delete = Flag(metadata={"description": "Deletes each for good."})
    atomic = Flag(metadata={"default": False, "description": "Changes all of them or none."})
    dry_run = Flag(metadata={"default": False, "description": "Takes everything back at the end."})

    @validates_schema(skip_on_field_errors=False)
    def _one_deed(self, values: Mapping[str, Any], **options: Any) -> None:
        if values.get("delete") and "update" in values:
            raise ValidationError("must not be given together with update", "delete")


class BulkProblem(Shape):
    """One thing that stood against it."""

    code = text()
    message = text()
    param = text()


class BulkError(Shape):
    """What the call for this ticket alone would have been refused with."""

    type = text()
    code = text()
    message = text()
    param = fields.String()
    errors = fields.List(fields.Nested(BulkProblem()))


class Outcome(Shape):
    """What became of one ticket."""

    id = text("The ticket's id; of one that does not exist, as it was sent.")
    status = text("What became of it.", enum=_OUTCOMES)
    error = fields.Nested(BulkError(), required=True, allow_none=True)


class BulkAnswer(Shape):
    """What became of the tickets."""

    object = kind("bulk")
    dry_run = fields.Boolean(required=True)
    total = count("How many tickets were named or match, also those left for another call.")
    updated = count("How many were changed.")
    unchanged = count("How many were so already.")
    deleted = count("How many were deleted.")
    failed = count("How many were left alone because of an error.")
    has_more = fields.Boolean(required=True)
    next_cursor = text_or_null("Send the same again with it as `cursor`; null at the end.")
    items = fields.List(fields.Nested(Outcome()), required=True)


@operation(
    blueprint,
    Operation(
        method="POST",
        path=f"{PATH}/bulk",
        name="bulkTickets",
        tag="Tickets",
        summary="Update or delete many tickets",
        description=f"At most {BULK_MAX:,} in one call and one transaction. Without `atomic` what "
        "cannot be done to one ticket is told in its item, and the others are done.",
        key="secret",
        body=Bulk(),
        answer=BulkAnswer(),
        idempotent=True,
    ),
    rules=lambda workspace, values: map(
        _public, workspace.tickets.check_many(values.get("update", {}))
    ),
)
def bulk_tickets(call: Call) -> Response:
    given = dict(call.body)
    changes, deletes = given.pop("update", None), given.pop("delete", False)
    if changes is None and not deletes:
        raise refused(
            [Problem("update", "PARAMETER_MISSING", "is required, unless delete is true")]
        )
    tickets = call.workspace.tickets
    try:
        done = tickets.delete_many(**given) if deletes else tickets.update_many(changes, **given)
    except Invalid as error:
        raise refused([_public(problem) for problem in error.problems]) from error
    return call.answer(
        {
            "object": "bulk",
            "dryRun": given.get("dry_run", False),
            "total": done.total,
            **{status: done.count(status) for status in _OUTCOMES},
            "hasMore": done.has_more,
            "nextCursor": done.next_cursor,
            "items": [_item(item) for item in done.items],
        }
    )


def _item(item: BulkItem) -> dict[str, object]:
    error = None if item.error is None else _error(from_core(item.error))
    return {"id": item.id, "status": item.status, "error": error}


def _error(found: Failure) -> dict[str, object]:
    """An error as the call for this ticket alone would tell it, without the links."""
    told: dict[str, object] = {
        "type": found.kind.type,
        "code": found.kind.code,
        "message": found.message,
    }
    if found.param is not None:
        told["param"] = found.param
    return told | several(found)


def _public(problem: Problem) -> Problem:
    """A problem under the names of this API.

    >>> _public(Problem("changes.custom_fields.my_key", "PARAMETER_INVALID", "")).param
    'update.customFields.my_key'
    >>> _public(Problem("ids.3.add_tags", "PARAMETER_INVALID", "")).param
    'ids.3.addTags'
    """
    first, *rest = problem.param.split(".")
    # Where the name of a parameter stands: after the place of a ticket, if that is told.
    place = 1 if first == "ids" else 0
    names = {"changes": "update", "filter": "filter"}
    if place < len(rest):
        rest[place] = (
            "tag" if (first, rest[place]) == ("filter", "tags") else camel_case(rest[place])
        )
    return replace(problem, param=".".join([names.get(first) or camel_case(first), *rest]))
