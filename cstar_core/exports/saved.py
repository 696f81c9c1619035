"""How saved views become rows again."""

from collections.abc import Mapping
from typing import Any

from cstar_core.checks import invalid
from cstar_core.errors import Problem
from cstar_core.exports.kinds import VIEWS
from cstar_core.exports.taking import NO_SPACE, Rows, Values, space_of


class ViewRows(Rows):
    """Saved views, each of a member or of all."""

    kind = VIEWS
    more = ("id", "workspace_id")

    def _complete(self, record: Mapping[str, Any], values: Values) -> list[Problem]:
        space = space_of(self._loaded, record)
        if space is None:
            return NO_SPACE
        values["member_id"] = self._loaded.members.get((space.team, record["memberId"]))
        named = record["memberId"] is not None
        if (named or not record["isShared"]) and values["member_id"] is None:
            return invalid("memberId", "must be a member of the team")
        values |= {"id": self._key(), "workspace_id": space.key}
        return []
