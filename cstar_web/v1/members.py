"""Members: the agents of a team, whom tickets can be assigned to."""

from flask import Blueprint, Response

from cstar_core import EMAIL_MAX, NAME_MAX, ROLES
from cstar_web.calls import Call
from cstar_web.etags import version_tag
from cstar_web.operations import Operation, operation
from cstar_web.shapes import Shape
from cstar_web.v1 import render
from cstar_web.v1.answers import TEAM, Deleted, instant, kind, text
from cstar_web.v1.fields import Text
from cstar_web.v1.patterns import EMAIL
from cstar_web.v1.queries import Paged

blueprint = Blueprint("members", __name__)
PATH = f"{TEAM}/members"
ONE = f"{PATH}/{{memberId}}"

_NAME = {"minLength": 1, "maxLength": NAME_MAX}
_EMAIL = {
    "maxLength": EMAIL_MAX,
    "pattern": EMAIL,
    "description": "Unique in the team, without regard to case.",
}


class Member(Shape):
    """Someone who answers."""

    id = text("Member id (`mem_` prefix).")
    object = kind("member")
    name = text("The member's name.")
    email = text("The member's address, unique in the team.")
    role = text("What the member may do.", enum=ROLES)
    created_at = instant("When the member was added.")
    updated_at = instant("When the member last changed.")


class NewMember(Shape):
    """A member to add."""

    name = Text(required=True, metadata=_NAME)
    email = Text(required=True, metadata=_EMAIL)
    role = Text(metadata={"enum": ROLES, "default": "agent"})


class MemberChanges(Shape):
    """What to change about a member."""

    name = Text(filled=True, metadata=_NAME)
    email = Text(filled=True, metadata=_EMAIL)
    role = Text(metadata={"enum": ROLES})


@operation(
    blueprint,
    Operation(
        method="GET",
        path=PATH,
        name="listMembers",
        tag="Members",
        summary="List members",
        description="The same in live and in test data.",
        key="any",
        query=Paged(),
        answer=Member(),
        many=True,
        paged=True,
    ),
)
def list_members(call: Call) -> Response:
    return call.page(call.workspace.members.list(**call.query), render.member)


@operation(
    blueprint,
    Operation(
        method="POST",
        path=PATH,
        name="createMember",
        tag="Members",
        summary="Add a member",
        key="secret",
        body=NewMember(),
        answer=Member(),
        status=201,
        etag=True,
        idempotent=True,
        errors=("RESOURCE_EXISTS",),
    ),
    rules=lambda workspace, values: workspace.members.check(values),
)
def create_member(call: Call) -> Response:
    member = call.workspace.members.create(**call.body)
    return call.created(render.member(member), tag=version_tag(member))


@operation(
    blueprint,
    Operation(
        method="GET",
        path=ONE,
        name="getMember",
        tag="Members",
        summary="Get a member",
        key="any",
        answer=Member(),
        etag=True,
    ),
)
def get_member(call: Call, member_id: str) -> Response:
    member = call.workspace.members.get(member_id)
    return call.answer(render.member(member), tag=version_tag(member))


@operation(
    blueprint,
    Operation(
        method="PATCH",
        path=ONE,
        name="updateMember",
        tag="Members",
        summary="Update a member",
        key="secret",
        body=MemberChanges(),
        answer=Member(),
        etag=True,
        conditional=True,
        idempotent=True,
        errors=("RESOURCE_EXISTS",),
    ),
    rules=lambda workspace, values: workspace.members.check(values, updating=True),
)
def update_member(call: Call, member_id: str) -> Response:
    members = call.workspace.members
    with call.unless_stale(lambda: version_tag(members.get(member_id))):
        member = members.update(member_id, **call.body)
    return call.answer(render.member(member), tag=version_tag(member))


@operation(
    blueprint,
    Operation(
        method="DELETE",
        path=ONE,
        name="deleteMember",
        tag="Members",
        summary="Remove a member",
        description="The member's tickets become unassigned.",
        key="secret",
        answer=Deleted(),
        conditional=True,
        idempotent=True,
    ),
)
def delete_member(call: Call, member_id: str) -> Response:
    members = call.workspace.members
    with call.unless_stale(lambda: version_tag(members.get(member_id))):
        members.delete(member_id)
    return call.answer({"deleted": True})
