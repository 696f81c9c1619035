"""What stands in the form that a member answers with: what was typed, or the draft of it."""

import secrets
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256

from cstar_core import Attachment, CannedReply, Draft, Receipt, StaleDraft, Ticket, parse_id
from cstar_web.inbox.attaching import UPLOADED, uploaded
from cstar_web.inbox.visits import TeamVisit

REPLY, NOTE = "reply", "note"
KINDS = (REPLY, NOTE)
# What the form sends: beside the text, what its writer has seen, and which draft it was begun from.
FIELDS = ("content", "kind", "then", "seen", "draft", "draft_kind", "canned", "once", "onward")
NOTHING_SEEN = "none"

_DIGITS_MAX = 16
_CANNED_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Composer:
    """The form as it is shown. `draft` is the version of the draft that it goes on with."""

    kind: str
    content: str = ""
    draft: int = 0
    draft_kind: str = ""
    saved_at: datetime | None = None
    # What its writer had seen when it was begun, and the draft of the other kind.
    base: str | None = None
    other: Draft | None = None
    # What another window has kept meanwhile; it may have kept nothing.
    is_stale: bool = False
    kept: Draft | None = None
    canned: tuple[CannedReply, ...] = ()
    # The files that go with it.
    attached: tuple[Attachment, ...] = ()
    # What tells a form that is sent twice from two forms.
    once: str = field(default_factory=lambda: secrets.token_urlsafe(12))


def composer(visit: TeamVisit, ticket: Ticket, stale: StaleDraft | None = None) -> Composer | None:
    """The form of a ticket as the member left it; None for who only reads."""
    if not visit.may("agent"):
        return None
    typed = visit.form.values
    canned = visit.workspace.canned_replies.list(page_size=_CANNED_MAX).items
    if "content" in typed:
        return replace(_typed(typed, stale, canned), attached=uploaded(visit, ticket.id))
    found = [
        draft
        for note in (False, True)
        if (draft := visit.workspace.drafts.find(ticket.id, is_internal=note)) is not None
    ]
    return _kept(found, visit.asked("kind"), canned)


def version_of(text: str) -> int:
    """The version that a form sends along; 0 for what is none.

    >>> version_of("17"), version_of(""), version_of("-1")
    (17, 0, 0)
    """
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX else 0


def save_draft(visit: TeamVisit, ticket: str) -> Draft | None:
    """Keep what is typed; a text that became a note, or a reply, is no draft of the other kind.

    Raises StaleDraft if another window has kept something else meanwhile, and Invalid.
    """
    typed = visit.form.values
    version, note = version_of(typed["draft"]), typed["kind"] == NOTE
    turned = typed["draft_kind"] in KINDS and typed["draft_kind"] != typed["kind"]
    drafts = visit.workspace.drafts
    with visit.desk.transaction(brief=True):
        draft = drafts.save(
            ticket,
            typed["content"],
            is_internal=note,
            base=typed["seen"] or None,
            expected_version=0 if turned else version,
            attachments=visit.form.lists[UPLOADED],
        )
        if turned:
            discard_draft(visit, ticket, not note, version)
    return draft


def discard_draft(visit: TeamVisit, ticket: str, is_internal: bool, version: int) -> None:
    """Throw a draft away unless another window has changed it."""
    with suppress(StaleDraft):
        visit.workspace.drafts.discard(ticket, is_internal=is_internal, expected_version=version)


def sent_before(visit: TeamVisit, ticket: str) -> str:
    """Where this very form led when it was taken, by a click more or by going back; else nothing.

    To be called, like ``note_sent``, in the transaction that takes it.
    """
    found = visit.workspace.idempotency.find(_form_key(visit, ticket))
    if found is None or not visit.form.values["once"]:
        return ""
    return found.body.decode().partition(" ")[2]


def note_sent(visit: TeamVisit, ticket: str, led: str) -> None:
    """Keep where this form leads, for a day; the ticket's id lets an erasure find it.

    What stands behind the question mark is left out: one may have searched for a person.
    """
    if visit.form.values["once"]:
        receipt = Receipt("", 303, f"{ticket} {led.partition('?')[0]}".encode(), {})
        visit.workspace.idempotency.save(_form_key(visit, ticket), receipt)


def _form_key(visit: TeamVisit, ticket: str) -> str:
    typed = visit.form.values
    parts = (ticket, *(typed[name] for name in ("once", "kind", "then", "content")))
    raw = "".join(f"{len(part)} {part}" for part in parts).encode("utf-8", "surrogatepass")
    return f"inbox {sha256(raw).hexdigest()}"


def seen_by(typed: dict[str, str], composing: Composer | None) -> str | None:
    """The last message that its writer had seen when what stands in the form was begun."""
    seen = typed.get("seen") or (composing.base if composing else None)
    return seen if seen == NOTHING_SEEN or parse_id("message", seen) else None


def _typed(
    typed: dict[str, str], stale: StaleDraft | None, canned: tuple[CannedReply, ...]
) -> Composer:
    """The form once more, with what was typed; its next save goes over what it has been shown."""
    kind = typed["kind"] if typed["kind"] in KINDS else REPLY
    version, draft_kind = version_of(typed["draft"]), typed["draft_kind"]
    kept = stale.draft if stale else None
    if stale:
        version, draft_kind = (kept.version if kept else 0), kind
    return Composer(
        kind=kind,
        content=typed["content"],
        once=typed["once"] or secrets.token_urlsafe(12),
        draft=version,
        draft_kind=draft_kind,
        is_stale=stale is not None,
        kept=kept,
        canned=canned,
    )


def _kept(found: list[Draft], wanted: str, canned: tuple[CannedReply, ...]) -> Composer:
    """The draft of the kind that is wanted, else the one that was saved last."""
    found.sort(key=lambda draft: (_kind(draft) == wanted, draft.saved_at), reverse=True)
    chosen = found[0] if found and wanted in ("", _kind(found[0])) else None
    if chosen is None:
        kind = wanted if wanted in KINDS else REPLY
        return Composer(kind=kind, other=found[0] if found else None, canned=canned)
    return Composer(
        kind=_kind(chosen),
        content=chosen.content,
        attached=chosen.attachments,
        draft=chosen.version,
        draft_kind=_kind(chosen),
        saved_at=chosen.saved_at,
        base=chosen.base,
        other=found[1] if len(found) > 1 else None,
        canned=canned,
    )


def _kind(draft: Draft) -> str:
    return NOTE if draft.is_internal else REPLY
