"""Drafts: what a member has written on a ticket and not sent, saved while the member types."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from peewee import SQL, fn

from cstar_core.attached import (
    Attachment,
    attachments_of_drafts,
    check_uploads,
    keep_for_draft,
)
from cstar_core.checks import check_all, check_flag, check_text, or_none, raise_any
from cstar_core.clock import from_seconds
from cstar_core.errors import Forbidden, NotFound, Problem, StaleVersion
from cstar_core.ids import new_uid, public_id
from cstar_core.pages import PAGE_SIZE_DEFAULT, Page, close_page, open_window
from cstar_core.scope import Scope
from cstar_core.store import Snapshot, SqlRow, Store, Transaction, paged, prepare, slot
from cstar_core.tables import AttachmentRow, DraftRow, MemberRow, TicketRow
from cstar_core.tickets import CONTENT_MAX, NOTHING_SEEN, Place, check_seen, place_of, seen_uid

VERSION_MAX = 2**53 - 1


@dataclass(frozen=True, slots=True)
class Draft:
    """What a member has written on a ticket and not sent: a reply, or an internal note.

    ``attachments`` were uploaded for it, and stay as long as it has them.
    ``base`` is the id of the newest message that the member had seen, "none" for an empty thread,
    None if it was not said.
    """

    ticket_id: str
    ticket_number: int
    ticket_title: str
    is_internal: bool
    content: str
    base: str | None
    saved_at: datetime
    version: int
    attachments: tuple[Attachment, ...] = ()


class StaleDraft(StaleVersion):
    """The draft was changed in another window; ``draft`` is what is kept, None if nothing is."""

    def __init__(self, draft: Draft | None) -> None:
        self.draft = draft
        what = "was sent or discarded" if draft is None else f"is at version {draft.version}"
        super().__init__(f"The draft {what}")


_ME = (MemberRow.uid == slot("member")) & (MemberRow.team_id == slot("team"))
_OF_KIND = DraftRow.is_internal == slot("internal")
_TICKET = (TicketRow.uid, TicketRow.number, TicketRow.title)
_HAS_FILES = fn.EXISTS(AttachmentRow.select(SQL("1")).where(AttachmentRow.draft_id == DraftRow.id))
_DRAFT = (
    _HAS_FILES,
    DraftRow.is_internal,
    DraftRow.content,
    DraftRow.base,
    DraftRow.saved_at,
    DraftRow.version,
)
_AT = prepare(
    DraftRow.select(DraftRow.id, *_DRAFT).where(
        (DraftRow.member_id == slot("member")) & (DraftRow.ticket_id == slot("ticket")) & _OF_KIND
    )
)
_MINE = (
    DraftRow.select(DraftRow.id)
    .join(MemberRow, on=(MemberRow.id == DraftRow.member_id))
    .join_from(DraftRow, TicketRow, on=(TicketRow.id == DraftRow.ticket_id))
    .where(_ME & (TicketRow.workspace_id == slot("workspace")))
)
_BEFORE = (DraftRow.saved_at < slot("at")) | (
    (DraftRow.saved_at == slot("at")) & (DraftRow.id < slot("id"))
)
_PAGE = prepare(
    paged(
        _MINE.select(DraftRow.id, *_TICKET, *_DRAFT)
        .where(_BEFORE)
        .order_by(DraftRow.saved_at.desc(), DraftRow.id.desc())
    )
)
_COUNT = prepare(_MINE.select(fn.COUNT(DraftRow.id)))
_INSERT = prepare(
    DraftRow.insert(
        {
            DraftRow.member_id: slot("member"),
            DraftRow.ticket_id: slot("ticket"),
            DraftRow.is_internal: slot("internal"),
            DraftRow.base: slot("base"),
            DraftRow.saved_at: slot("now"),
            DraftRow.version: slot("version"),
            DraftRow.content: slot("content"),
        }
    )
)
_UPDATE = prepare(
    DraftRow.update(
        {
            DraftRow.base: slot("base"),
            DraftRow.saved_at: slot("now"),
            DraftRow.version: slot("version"),
            DraftRow.content: slot("content"),
        }
    ).where(DraftRow.id == slot("draft"))
)
_DELETE = prepare(DraftRow.delete().where(DraftRow.id == slot("draft")))
_SENT = prepare(
    DraftRow.select(DraftRow.id, DraftRow.version, DraftRow.content, _HAS_FILES)
    .join(MemberRow, on=(MemberRow.id == DraftRow.member_id))
    .where(_ME & (DraftRow.ticket_id == slot("ticket")) & _OF_KIND)
)
_LAST = 2**63 - 1


def _content(param: str, value: object) -> list[Problem]:
    return check_text(param, value, CONTENT_MAX)


RULES = {
    "content": _content,
    "is_internal": check_flag,
    "base": check_seen,
    "attachments": or_none(check_uploads),
}


class Drafts:
    """The drafts that the member who acts has in one workspace; no others have any."""

    def __init__(self, store: Store, scope: Scope) -> None:
        self._store = store
        self._scope = scope

    def save(
        self,
        ticket_id: str,
        content: str,
        *,
        is_internal: bool = False,
        base: str | None = None,
        expected_version: int | None = None,
        attachments: Sequence[str] | None = None,
    ) -> Draft | None:
        """Keep what is written so far (at most 100,000 characters).

        Blank text discards it, unless it has attachments: ids of uploads to this ticket, as many as
        a message takes. Without ``attachments`` it keeps those that it has.

        ``base`` is the id of the newest message that the writer sees, or "none". With
        ``expected_version`` (0 where there was no draft yet) it raises StaleDraft if another window
        has saved, sent or discarded it meanwhile, unless the text is the same. Raises Invalid,
        NotFound, and Forbidden for who is no member.
        """
        given = {"content": content, "is_internal": is_internal, "base": base}
        raise_any(self.check({**given, "attachments": attachments}))
        with self._store.transaction(brief=True) as tx:
            place = place_of(tx, self._scope, ticket_id)
            key, stored = _at(tx, place, is_internal)
            kept = [each.id for each in stored.attachments] if stored else []
            files = kept if attachments is None else list(attachments)
            if _is_same(stored, content, base, files):
                return stored
            if stored is None or (stored.content, kept) != (content, files):
                _expect(stored, expected_version)
            if not content.strip() and not files:
                tx.run(_DELETE, draft=key)
                return None
            # Not 1, so that a window which knows an earlier draft cannot take this one for it.
            first = int.from_bytes(new_uid(tx.now)[-6:], "big")
            version = first if stored is None else stored.version + 1
            row = (int(is_internal), content, seen_uid(base), tx.now, version)
            values = dict(zip(("internal", "content", "base", "now", "version"), row, strict=True))
            if key is None:
                key = tx.insert(_INSERT, member=place.member, ticket=place.ticket, **values)
            else:
                tx.run(_UPDATE, draft=key, **values)
            if files != kept:
                keep_for_draft(tx, place.ticket, key, files)
            found = attachments_of_drafts(tx, [key] if files else [])
            return _draft(place[2:], (bool(files), *row), found.get(key, ()))

    def check(self, values: Mapping[str, object]) -> list[Problem]:
        """Every rule that the values break; nothing is written."""
        return check_all(values, RULES, ("content",))

    def get(self, ticket_id: str, *, is_internal: bool = False) -> Draft:
        """What the member has on a ticket; raises NotFound, and Forbidden for who is no member."""
        found = self.find(ticket_id, is_internal=is_internal)
        if found is None:
            raise NotFound("draft", ticket_id)
        return found

    def find(self, ticket_id: str, *, is_internal: bool = False) -> Draft | None:
        """What the member has on a ticket, or None; raises as ``get`` where there is no ticket."""
        raise_any(check_flag("is_internal", is_internal))
        with self._store.snapshot() as snap:
            return _at(snap, place_of(snap, self._scope, ticket_id), is_internal)[1]

    def list(
        self, *, page: int = 1, page_size: int = PAGE_SIZE_DEFAULT, cursor: str | None = None
    ) -> Page[Draft]:
        """What the member has in this workspace, the last saved first; raises Forbidden."""
        if self._scope.actor.type != "member":
            raise Forbidden("Only a member has drafts")
        me = _me(self._scope)
        query = ("drafts", self._scope.workspace_id, self._scope.actor.id)
        window = open_window(page, page_size, cursor, query, 2)
        at, id = (_LAST, _LAST) if window.after is None else window.after
        part = {"limit": window.size + 1, "offset": window.offset, "at": at, "id": id}
        with self._store.snapshot() as snap:
            rows = snap.all(_PAGE, workspace=self._scope.workspace_id, **me, **part)
            total = snap.value(_COUNT, workspace=self._scope.workspace_id, **me)
            files = attachments_of_drafts(snap, [row[0] for row in rows if row[4]])
        places = [(row[-2], row[0]) for row in rows]
        found = [_draft(row[1:4], row[4:], files.get(row[0], ())) for row in rows]
        return close_page(found, places, total, window, query)

    def discard(
        self, ticket_id: str, *, is_internal: bool = False, expected_version: int | None = None
    ) -> None:
        """Throw away what the member has on a ticket, if there is anything.

        Raises StaleDraft if it is at another version, NotFound, Forbidden.
        """
        raise_any(check_flag("is_internal", is_internal))
        with self._store.transaction(brief=True, reserved=True) as tx:
            key, stored = _at(tx, place_of(tx, self._scope, ticket_id), is_internal)
            if key is not None:
                _expect(stored, expected_version)
                tx.run(_DELETE, draft=key)


def discard_sent(
    tx: Transaction,
    scope: Scope,
    ticket: int,
    content: str,
    *,
    is_internal: bool,
    version: int | None,
) -> None:
    """Throw away the draft that a message was, after it was written, in its transaction.

    It is the one of the ``version`` that was sent, or one whose text is in the message; of files
    alone, one of which none is left. Another text stays: it was written in another window.
    """
    if scope.actor.type != "member":
        return
    row = tx.first(_SENT, ticket=ticket, internal=int(is_internal), **_me(scope))
    if row is None:
        return
    key, known, text, has_files = row
    is_said = text.strip() in content if text.strip() else not has_files
    if known == version or is_said:
        tx.run(_DELETE, draft=key)


def _me(scope: Scope) -> dict[str, object]:
    return {"member": scope.actor.uid, "team": scope.team_id}


def _at(snap: Snapshot, place: Place, is_internal: bool) -> tuple[int | None, Draft | None]:
    """The integer key of the draft in a place, and the draft."""
    where = {"member": place.member, "ticket": place.ticket, "internal": int(is_internal)}
    row = snap.first(_AT, **where)
    if row is None:
        return None, None
    files = attachments_of_drafts(snap, [row[0]] if row[1] else [])
    return row[0], _draft(place[2:], row[1:], files.get(row[0], ()))


def _is_same(stored: Draft | None, content: str, base: str | None, files: list[str]) -> bool:
    """Whether there is nothing to do, as when a save is sent again that was not answered."""
    if stored is None:
        return not content.strip() and not files
    kept = [each.id for each in stored.attachments]
    return (stored.content, seen_uid(stored.base), kept) == (content, seen_uid(base), files)


def _expect(stored: Draft | None, version: int | None) -> None:
    if version not in (None, 0 if stored is None else stored.version):
        raise StaleDraft(stored)


def _draft(ticket: SqlRow, row: SqlRow, attachments: tuple[Attachment, ...]) -> Draft:
    uid, number, title = ticket
    _, is_internal, content, base, saved_at, version = row
    seen = NOTHING_SEEN if base == b"" else None if base is None else public_id("message", base)
    return Draft(
        public_id("ticket", uid),
        number,
        title,
        bool(is_internal),
        content,
        seen,
        from_seconds(saved_at),
        version,
        attachments,
    )
