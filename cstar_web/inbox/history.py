"""What happened to a ticket, in words: who did what, and when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cstar_core import Event
from cstar_web.inbox.languages import say
from cstar_web.inbox.visits import TeamVisit

SHOWN = 10

_WORDS: Mapping[str, str] = {
    "ticket.created": say("made the ticket"),
    "ticket.merged": say("merged two tickets"),
    "ticket.unmerged": say("took a merge back"),
    "message.moved": say("moved a message to another ticket"),
    "message.deleted": say("filed a message as spam"),
    "message.delivered": say("sent a reply as a mail"),
    "message.bounced": say("could not deliver a reply as a mail"),
    "message.held": say("held a reply back that was to go out as a mail"),
}
_SAID: Mapping[str, str] = {
    "agent": say("wrote a reply"),
    "customer": say("wrote for the customer"),
    "system": say("had the system say something"),
}
_NOTED = say("wrote a note")
_CHANGED: Mapping[str, str] = {
    "title": say("changed the title"),
    "status": say("changed the status"),
    "priority": say("changed the priority"),
    "customerId": say("changed the customer"),
    "customerName": say("changed the customer"),
    "assignedTo": say("changed who has it"),
    "tags": say("changed the tags"),
    "notes": say("changed the notes"),
    "customFields": say("changed custom fields"),
    "metadata": say("changed the metadata"),
}
_ANYTHING = say("changed the ticket")
# What stands beside another event that tells the same.
_NARROW = ("ticket.assigned", "ticket.resolved", "ticket.closed", "ticket.reopened")
# What of a change can be read: a word that the page knows, or the name of a member.
_TOLD = ("status", "priority", "assignedTo", "title")


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that somebody did: words for it, and what was changed, from what to what."""

    at: datetime
    who: str
    is_member: bool
    words: str
    name: str = ""
    before: str = ""
    after: str = ""


def newest(visit: TeamVisit, ticket: str, names: Mapping[str, str]) -> tuple[list[Deed], bool]:
    """The last deeds, the newest first, and whether there were earlier ones."""
    of_ticket = visit.workspace.events.of_ticket
    pages = max(1, of_ticket(ticket, page_size=SHOWN).total_pages)
    events = [
        event
        for number in sorted({max(1, pages - 1), pages})
        for event in of_ticket(ticket, page_size=SHOWN, page=number).items
    ]
    deeds = [deed for event in events for deed in deeds_of(event, names)]
    return deeds[::-1][:SHOWN], pages > 1 or len(deeds) > SHOWN


def deeds_of(event: Event, names: Mapping[str, str]) -> list[Deed]:
    """What an event tells; nothing if another one beside it tells the same."""
    if event.type in _NARROW:
        return []
    who = names.get(event.actor.id or "", "") if event.actor.type == "member" else ""

    def deed(words: str, name: str = "", before: str = "", after: str = "") -> Deed:
        is_member = event.actor.type == "member"
        return Deed(event.created_at, who, is_member, words, name, before, after)

    if event.type == "message.created":
        noted = event.data.get("isInternal")
        return [deed(_NOTED if noted else _SAID.get(event.data.get("sender", ""), _ANYTHING))]
    if event.type in _WORDS:
        return [deed(_WORDS[event.type])]
    return [
        deed(
            _CHANGED.get(name.partition(".")[0], _ANYTHING),
            name if name in _TOLD else "",
            _shown(name, change.get("from"), names),
            _shown(name, change.get("to"), names),
        )
        for name, change in event.changes.items()
        if name in _CHANGED or name.partition(".")[0] in _CHANGED
    ] or [deed(_ANYTHING)]


def _shown(name: str, value: object, names: Mapping[str, str]) -> str:
    if name not in _TOLD or not isinstance(value, str):
        return ""
    return names.get(value, "") if name == "assignedTo" else value
