"""The form with which customers write to a team: what it asks, and what becomes of it.

Whoever fills it in has proved no address. So nothing that they are told depends on whether the desk
knows the address, and their link shows what was written to the new ticket alone.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from cstar_core import facets
from cstar_core.attached import Attaching, NewFile, check_files, taken
from cstar_core.blobs import Blobs
from cstar_core.checks import (
    Rule,
    check_all,
    check_email,
    check_name,
    check_text,
    invalid,
    missing,
    raise_any,
)
from cstar_core.custom_fields import CustomField, public_fields
from cstar_core.errors import Problem
from cstar_core.fields import PUBLIC_ENTITY_TYPE, Definition, check_values
from cstar_core.ids import new_uid, public_id
from cstar_core.link_secrets import find_or_make_secret, find_secret
from cstar_core.scope import Scope
from cstar_core.store import Snapshot, Store, Transaction
from cstar_core.ticket_links import (
    FORM_LINK,
    LINK_LIFETIME,
    STAMP,
    Submissions,
    new_link,
    parse_token,
    said_of,
    seal,
)
from cstar_core.tickets import FORM_SOURCE, TITLE_MAX, NewTickets, check_content, write_with_files

# Programs fill a form in at once; and nobody needs a day.
SECONDS_MIN, SECONDS_MAX = 2, 86_400


def _title(param: str, value: object) -> list[Problem]:
    return check_text(param, value, TITLE_MAX, blank=False)


def _email(param: str, value: object) -> list[Problem]:
    blank = value is None or (isinstance(value, str) and not value.strip())
    return missing(param) if blank else check_email(param, value)


RULES: dict[str, Rule] = {
    "name": check_name,
    "email": _email,
    "title": _title,
    "content": check_content,
}


class CustomerForm:
    """The form of one workspace."""

    def __init__(self, store: Store, scope: Scope) -> None:
        self._store = store
        self._scope = scope

    def fields(self) -> tuple[CustomField, ...]:
        """The custom fields that the form asks for: those that are public and not archived."""
        with self._store.snapshot() as snap:
            return tuple(each for each in public_fields(snap, self._scope) if not each.archived_at)

    def stamp(self) -> str:
        """A proof of when the form was opened, to be sent along with it."""
        with self._store.snapshot() as snap:
            secret = find_secret(snap, self._scope)
        if secret is None:
            with self._store.transaction(brief=True) as tx:
                secret = find_or_make_secret(tx, self._scope)
        now = self._store.now()
        return seal(secret, STAMP, new_uid(now), now)

    def submit(
        self,
        stamp: str,
        *,
        name: str,
        email: str,
        title: str,
        content: str,
        custom_fields: Mapping[str, Any] | None = None,
        attachments: Sequence[NewFile] = (),
    ) -> str:
        """Make a ticket of what was filled in; the token of a link to it.

        The customer is the one with the address, or a new one. ``attachments`` are files that
        ``attachments.put`` has stored. The same content and files with the same stamp make one
        ticket. A field that is required and not public is left empty. Raises Invalid with
        every broken rule; ``stamp`` must be at least 2 seconds and at most a day old.
        """
        given = {} if custom_fields is None else custom_fields
        values = {"name": name, "email": email, "title": title, "content": content}
        with self._store.transaction(brief=True) as tx:
            known = self._known(tx)
            problems = check_all(values, RULES, tuple(RULES))
            problems += check_values("custom_fields", given, known, {})
            problems += check_files("attachments", attachments)
            raise_any(problems + self._check_stamp(tx, stamp))
            sent = Submissions(self._store, self._scope)
            filled = repr(sorted(given.items()))
            parts = (stamp, name, email, title, content, filled, *said_of(attachments))
            ticket_id = sent.find("form", *parts)
            if ticket_id is None:
                files = taken(tx, self._scope, Blobs(self._store), None, attachments)
                ticket_id = self._make(tx, values, given, known, files)
                sent.save(ticket_id, "form", *parts)
            return new_link(tx, self._scope, FORM_LINK, ticket_id, LINK_LIFETIME)

    def _known(self, snap: Snapshot) -> dict[str, Definition]:
        public = {field.key for field in public_fields(snap, self._scope)}
        every = facets.definitions(snap, self._scope.workspace_id, PUBLIC_ENTITY_TYPE)
        return {key: one for key, one in every.items() if key in public}

    def _check_stamp(self, tx: Transaction, stamp: object) -> list[Problem]:
        token, secret = parse_token(stamp), find_secret(tx, self._scope)
        if token is None or secret is None or token.purpose != STAMP:
            return invalid("stamp", "must be that of a form")
        if not token.is_genuine(secret):
            return invalid("stamp", "must be that of a form")
        if not SECONDS_MIN <= tx.now - token.at <= SECONDS_MAX:
            return invalid("stamp", "must be at least 2 seconds and at most a day old")
        return []

    def _make(
        self,
        tx: Transaction,
        values: Mapping[str, Any],
        custom_fields: Mapping[str, Any],
        known: Mapping[str, Definition],
        files: Attaching,
    ) -> str:
        new = NewTickets(tx, self._scope, known)
        # Not as ``tickets.create`` does it: that a new customer lacks a required field would tell
        # which addresses are known, and nobody who fills in a form can do anything about it.
        customer = new.customers.find_or_add(values["name"], values["email"], tx.now)
        # Under the name that was given: the customer's own is not for whoever names their address.
        message = {
            "content": values["content"],
            "sender": "customer",
            "sender_name": values["name"],
        }
        ticket = {
            "title": values["title"],
            "customer_id": customer.id,
            "custom_fields": custom_fields,
            "metadata": FORM_SOURCE,
            "messages": [message],
        }
        raise_any(new.add(ticket))
        write_with_files(tx, new, files)
        return public_id("ticket", new.lines[0].uid)
