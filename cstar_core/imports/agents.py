"""To whom imported tickets are assigned: the members of the team, by id, address or name."""

from cstar_core.ids import parse_id, public_id
from cstar_core.imports.drafts import Draft
from cstar_core.imports.report import Tally
from cstar_core.members import fold_email, member_names
from cstar_core.scope import Scope
from cstar_core.store import Store


class Agents:
    """Who can be found; a name that several members have is nobody's."""

    def __init__(self, store: Store, scope: Scope) -> None:
        self._ids: set[str] = set()
        self._by_email: dict[str, str] = {}
        self._by_name: dict[str, str | None] = {}
        with store.snapshot() as snap:
            for uid, name, email in member_names(snap, scope):
                id, folded = public_id("member", uid), name.strip().casefold()
                self._ids.add(id)
                self._by_email[fold_email(email)] = id
                self._by_name[folded] = None if folded in self._by_name else id

    def assign(self, draft: Draft, tally: Tally) -> None:
        """Assign a draft to the member whom it names; one who is not there is counted."""
        if not draft.agent:
            return
        found = self._find(draft.agent)
        if found is None:
            tally.note_agent(draft.agent[:255])
        else:
            draft.values["assigned_to"] = found

    def _find(self, agent: str) -> str | None:
        uid = parse_id("member", agent)
        if uid is not None:
            id = public_id("member", uid)
            return id if id in self._ids else None
        return self._by_email.get(fold_email(agent)) or self._by_name.get(agent.strip().casefold())
