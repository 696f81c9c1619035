"""Messages: the thread of a ticket, and what a new one does to the ticket."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Unpack

from cstar_core.attached import Given, check_attachments, taken
from cstar_core.blobs import Blobs
from cstar_core.checks import Rule, check_integer, invalid, or_none, raise_any
from cstar_core.drafts import VERSION_MAX, discard_sent
from cstar_core.errors import Invalid, NotFound, Problem
from cstar_core.mail_out import queue_reply
from cstar_core.scope import Scope
from cstar_core.store import Store, Transaction
from cstar_core.tickets import (
    MESSAGE_RULES,
    STRETCH_DEFAULT,
    Change,
    Message,
    NewestMessage,
    Stored,
    Stretch,
    Ticket,
    TicketChanges,
    add_message,
    check_message,
    check_newest,
    check_seen,
    default_name,
    find_moving,
    move_message,
    newest_messages,
    read_by_key,
    read_messages,
    read_stored,
    read_stretch,
    refuse_unseen,
    survivor,
    ticket_of,
)


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that was sent, and its ticket, without its thread, with what was changed."""

    message: Message
    ticket: Ticket


def _version(param: str, value: object) -> list[Problem]:
    return check_integer(param, value, 0, VERSION_MAX)


_RULES: dict[str, Rule] = MESSAGE_RULES | {
    "seen": check_seen,
    "draft": or_none(_version),
    "attachments": check_attachments,
}


class Messages:
    """The threads of one workspace's tickets."""

    def __init__(self, store: Store, scope: Scope) -> None:
        self._store = store
        self._scope = scope

    def create(
        self,
        ticket_id: str,
        *,
        content: str,
        sender: str = "agent",
        sender_name: str | None = None,
        is_internal: bool = False,
        seen: str | None = None,
        draft: int | None = None,
        attachments: Sequence[Given] = (),
    ) -> Message:
        """Add a message (at most 100,000 characters) to a ticket.

        ``sender_name`` is the customer's, the team's or "System" if not given. Only agent and
        system messages may be internal. A public agent message opens a new ticket, a customer's
        opens one that is pending, resolved or closed. What is written to a merged ticket goes to
        the one that has its thread. A public agent message goes out as a mail if the customer has
        an address and the workspace a mailbox that sends.

        ``seen`` is the id of the last message that the writer saw, "none" for an empty thread:
        StaleConversation is raised, with what came after it, if it is not the last one any more.
        The draft of the member who acts, and of this kind, is discarded with it: that of the
        version ``draft``, or one whose text is in the message.

        ``attachments`` are ids of what was uploaded to this ticket, or files that
        ``attachments.put`` has stored: at most 20, of 50 MB. Raises Invalid, NotFound.
        """
        values = {
            "content": content,
            "sender": sender,
            "sender_name": sender_name,
            "is_internal": is_internal,
            "seen": seen,
            "draft": draft,
            "attachments": attachments,
        }
        with self._store.transaction(brief=True) as tx:
            ticket = read_stored(tx, self._scope, ticket_id)
            raise_any(self.check(values))
            return self._add(tx, ticket, values)

    def send(
        self,
        ticket_id: str,
        *,
        content: str,
        sender_name: str | None = None,
        is_internal: bool = False,
        seen: str | None = None,
        draft: int | None = None,
        attachments: Sequence[Given] = (),
        **changes: Unpack[TicketChanges],
    ) -> Sent:
        """Add an agent's message and change its ticket, such as the status, as one.

        It is as ``create`` and then ``tickets.update``, with their rules and events, and all of it
        happens or nothing. Raises Invalid with what breaks the rules of both, NotFound,
        StaleConversation, and MergeConflict for another status of a merged ticket.
        """
        values = {
            "content": content,
            "sender": "agent",
            "sender_name": sender_name,
            "is_internal": is_internal,
            "seen": seen,
            "draft": draft,
            "attachments": attachments,
        }
        with self._store.transaction(brief=True) as tx:
            before = read_stored(tx, self._scope, ticket_id)
            change = Change(tx, self._scope, changes)
            raise_any(self.check(values) + change.check() + change.against(before))
            change.resolve()
            message = self._add(tx, before, values)
            if change.apply(read_by_key(tx, before.id)):
                change.write()
            return Sent(message, ticket_of(read_by_key(tx, before.id), self._scope))

    def move(self, ticket_id: str, message_id: str, to: str) -> Message:
        """Put a message of one ticket into the thread of another, ``to``; as it is there.

        A customer's message opens the other ticket as if it had been written to it. Moved back, all
        is as it was, unless something else has changed the other ticket since. What is moved to a
        merged ticket goes to the one that has its thread. Raises NotFound for the ticket or a
        message that is not in its thread, and Invalid if there is no other ticket.
        """
        with self._store.transaction(brief=True) as tx:
            message = find_moving(tx, self._scope, ticket_id, message_id)
            try:
                target = read_stored(tx, self._scope, to)
            except NotFound as error:
                raise Invalid(invalid("to", "must be the id of an existing ticket")) from error
            return move_message(tx, self._scope, ticket_id, message, target)

    def check(self, values: Mapping[str, object]) -> list[Problem]:
        """Every rule that the values break; nothing is written."""
        return check_message(values, _RULES)

    def list(self, ticket_id: str) -> tuple[Message, ...]:
        """The whole thread of a ticket, oldest first; raises NotFound."""
        with self._store.snapshot() as snap:
            stored = read_stored(snap, self._scope, ticket_id)
            return read_messages(snap, self._scope, stored)

    def newest(self, ticket_ids: Sequence[str], most: int = 200) -> dict[str, NewestMessage]:
        """What came last to each of at most 100 tickets, by the ticket's id: so many characters.

        Tickets that have no message, or that there are not, are left out; who must not see
        internal messages gets the last one that is none. Raises Invalid.
        """
        raise_any(check_newest(ticket_ids, most))
        with self._store.snapshot() as snap:
            return newest_messages(snap, self._scope, ticket_ids, most)

    def stretch(
        self,
        ticket_id: str,
        *,
        before: str | None = None,
        at: str | None = None,
        seen: str | None = None,
        size: int = STRETCH_DEFAULT,
    ) -> Stretch:
        """So many messages of a thread (1 to 200, and 500,000 characters), oldest first.

        They are the newest, those before the message with the id ``before``, or those around the
        one with the id ``at``, which may also be "first". What came after the message ``seen`` is
        told. Raises Invalid, and NotFound for the ticket or a message that is not in its thread.
        """
        with self._store.snapshot() as snap:
            stored = read_stored(snap, self._scope, ticket_id)
            return read_stretch(
                snap, self._scope, stored, before=before, at=at, seen=seen, size=size
            )

    def _add(self, tx: Transaction, ticket: Stored, values: Mapping[str, Any]) -> Message:
        """Write a message from checked values."""
        scope, content, sender = self._scope, values["content"], values["sender"]
        # Of the ticket that it is posted to, whose customer need not be the other one's.
        name = values["sender_name"] or default_name(scope, sender, ticket.customer_name)
        holder = survivor(tx, ticket)
        refuse_unseen(tx, scope, holder, values["seen"])
        customer = None if holder is ticket else ticket.customer_uid
        internal = values["is_internal"]
        files = taken(tx, scope, Blobs(self._store), ticket.id, values["attachments"])
        made = add_message(tx, scope, holder, content, sender, name, internal, customer, files)
        if sender == "agent":
            version = values["draft"]
            discard_sent(tx, scope, ticket.id, content, is_internal=internal, version=version)
        if sender != "agent" or internal:
            return made
        queued = queue_reply(tx, scope, ticket, holder)
        return made if queued is None else replace(made, delivery=queued)
