"""How teams, their workspaces and members, and what a team sets up become rows again."""

from collections.abc import Mapping
from typing import Any

from cstar_core import documents
from cstar_core.canned_replies import fold_name
from cstar_core.checks import invalid
from cstar_core.custom_fields import OPTION_TYPES
from cstar_core.errors import Conflict, Problem
from cstar_core.exports.kinds import (
    CANNED_REPLIES,
    CUSTOM_FIELDS,
    MAIL_TEMPLATES,
    MEMBERS,
    TEAMS,
    WORKSPACES,
)
from cstar_core.exports.taking import NO_SPACE, NO_TEAM, Rows, Space, Values, space_of
from cstar_core.fields import Definition, check_public
from cstar_core.ids import public_id
from cstar_core.members import fold_email
from cstar_core.teams import find_team


class Teams(Rows):
    """Teams: a desk that has one of them already refuses it by name."""

    kind = TEAMS
    together = 1

    def _complete(self, record: Mapping[str, Any], values: Values) -> list[Problem]:
        id, slug = record["id"], record["slug"]
        for name in (id, slug):
            found = find_team(self._tx, name)
            if found is not None:
                there = f"{found[3]} ({public_id('team', found[1])})"
                raise Conflict(f"The desk has the team {there} already; use another database")
        values["id"] = self._loaded.teams[id] = self._key()
        return []


class Workspaces(Rows):
    """Workspaces: each gets its empty search indexes."""

    kind = WORKSPACES
    more = ("id", "team_id", "newest_ticket_at", "in_order", "customer_count")
    together = 1

    def _complete(self, record: Mapping[str, Any], values: Values) -> list[Problem]:
        team, environment = record["teamId"], record["environment"]
        key = self._loaded.teams.get(team) if isinstance(team, str) else None
        if key is None:
            return NO_TEAM
        if (team, environment) in self._loaded.spaces:
            return invalid("environment", "must stand once for each team")
        space = Space(self._key(), key, values["event_salt"], record["lastTicketNumber"])
        self._loaded.spaces[team, environment] = space
        values |= {"id": space.key, "team_id": key, "newest_ticket_at": 0, "in_order": 1}
        values["customer_count"] = 0
        documents.create_tables(self._tx, space.key)
        return []


class Members(Rows):
    """Members, each of a team."""

    kind = MEMBERS
    more = ("id", "team_id", "email_key")

    def _complete(self, record: Mapping[str, Any], values: Values) -> list[Problem]:
        team = record["teamId"]
        key = self._loaded.teams.get(team) if isinstance(team, str) else None
        if key is None:
            return NO_TEAM
        values |= {"id": self._key(), "team_id": key, "email_key": fold_email(record["email"])}
        self._loaded.members[key, record["id"]] = values["id"]
        return []


class CustomFields(Rows):
    """Definitions of custom fields, which the values after them must fit."""

    kind = CUSTOM_FIELDS
    more = ("id", "workspace_id")

    def _complete(self, record: Mapping[str, Any], values: Values) -> list[Problem]:
        space = space_of(self._loaded, record)
        if space is None:
            return NO_SPACE
        options, key = record["options"], record["key"]
        if (options is None) is (record["type"] in OPTION_TYPES):
            return invalid("options", "belong to select and multiselect fields and to them alone")
        problems = check_public("public", record["public"], record["entityType"])
        if problems:
            return problems
        values |= {"id": self._key(), "workspace_id": space.key}
        space.fields[record["entityType"]][key] = Definition(
            values["id"], key, record["type"], False, tuple(options or ()), False
        )
        return []


class CannedReplies(Rows):
    """Canned replies of a workspace."""

    kind = CANNED_REPLIES
    more = ("id", "workspace_id", "name_key")

    def _complete(self, record: Mapping[str, Any], values: Values) -> list[Problem]:
        space = space_of(self._loaded, record)
        if space is None:
            return NO_SPACE
        values |= {"id": self._key(), "workspace_id": space.key}
        values["name_key"] = fold_name(record["name"])
        return []


class MailTemplates(Rows):
    """The texts around what a workspace sends."""

    kind = MAIL_TEMPLATES
    more = ("id", "workspace_id")

    def _complete(self, record: Mapping[str, Any], values: Values) -> list[Problem]:
        space = space_of(self._loaded, record)
        if space is None:
            return NO_SPACE
        values |= {"id": self._key(), "workspace_id": space.key}
        return []
