"""The texts around what a team sends: those that cStar brings, and those of the team."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cstar_core import events
from cstar_core.canned_replies import placeholder_names, placeholder_values
from cstar_core.checks import check_text, invalid, raise_any
from cstar_core.clock import from_seconds
from cstar_core.errors import Conflict, Forbidden, Invalid, NotFound, Problem, StaleVersion
from cstar_core.ids import new_uid
from cstar_core.mailboxes import check_language
from cstar_core.placeholders import check_placeholders, render
from cstar_core.scope import Scope
from cstar_core.store import Snapshot, SqlRow, Store, prepare, slot
from cstar_core.tables import OUTGOING_KINDS, MailboxRow, MailTemplateRow
from cstar_core.tickets import CONTENT_MAX, read_stored

TEMPLATE_MAX = 20_000
TEMPLATES_MAX = 100
# What a text may have once all is filled in: a whole message, and more.
FILLED_MAX = 150_000
# What may stand in a template beside what may stand in a canned reply.
MESSAGE, SIGNATURE = "message", "signature"

_DEFAULTS = {
    ("reply", "en"): "{{message}}\n\n{{signature}}",
    ("reply", "de"): "{{message}}\n\n{{signature}}",
    ("first_answer", "en"): (
        "Hello,\n\n"
        "thank you for your message. It has arrived here, and we will answer it as soon as we can."
        "\n\n"
        "Its number is #{{ticket.number}}. If you want to add something, just answer this mail."
        "\n\n{{team.name}}\n\n{{signature}}"
    ),
    ("first_answer", "de"): (
        "Guten Tag,\n\n"
        "vielen Dank für Ihre Nachricht. Sie ist bei uns angekommen, und wir antworten so bald "
        "wie möglich.\n\n"
        "Ihre Nummer ist #{{ticket.number}}. Wenn Sie etwas ergänzen möchten, antworten Sie "
        "einfach auf diese Mail."
        "\n\n{{team.name}}\n\n{{signature}}"
    ),
}
DEFAULT_LANGUAGES = ("en", "de")


@dataclass(frozen=True, slots=True)
class MailTemplate:
    """A text around what is sent, in a language; ``updated_at`` is None for one of cStar's own.

    ``kind`` is reply or first_answer. In it ``{{message}}`` stands for the message,
    ``{{signature}}`` for that of the mailbox, and the placeholders of canned replies for what they
    name.
    """

    kind: str
    language: str
    content: str
    updated_at: datetime | None
    version: int


_MINE = MailTemplateRow.workspace_id == slot("workspace")
_THIS = (
    _MINE & (MailTemplateRow.kind == slot("kind")) & (MailTemplateRow.language == slot("language"))
)
_COLUMNS = (
    MailTemplateRow.kind,
    MailTemplateRow.language,
    MailTemplateRow.content,
    MailTemplateRow.updated_at,
    MailTemplateRow.version,
)
_ALL = prepare(MailTemplateRow.select(*_COLUMNS).where(_MINE))
_ONE = prepare(MailTemplateRow.select(MailTemplateRow.uid, *_COLUMNS).where(_THIS))
_INSERT_NAMES = (
    *("uid", "workspace_id", "kind", "language", "content"),
    *("created_at", "updated_at", "version"),
)
_INSERT = prepare(
    MailTemplateRow.insert({getattr(MailTemplateRow, name): slot(name) for name in _INSERT_NAMES})
)
_UPDATE = prepare(
    MailTemplateRow.update(
        {
            MailTemplateRow.content: slot("content"),
            MailTemplateRow.updated_at: slot("now"),
            MailTemplateRow.version: MailTemplateRow.version + 1,
        }
    ).where(_THIS)
)
_DELETE = prepare(MailTemplateRow.delete().where(_THIS))
_DEFAULT_SIGNATURE = prepare(
    MailboxRow.select(MailboxRow.signature).where(
        (MailboxRow.workspace_id == slot("workspace")) & (MailboxRow.is_default == 1)
    )
)


class MailTemplates:
    """The templates of one workspace. A publishable key does not open them."""

    def __init__(self, store: Store, scope: Scope) -> None:
        self._store = store
        self._scope = scope

    def check(self, values: Mapping[str, object]) -> list[Problem]:
        """Every rule that the values break; nothing is written."""
        content, kind = values.get("content"), values.get("kind")
        problems = check_text("content", content, TEMPLATE_MAX, blank=False)
        if kind is not None and kind not in OUTGOING_KINDS:
            problems += invalid("kind", f"must be one of: {', '.join(OUTGOING_KINDS)}")
        if "language" in values:
            problems += check_language("language", values["language"])
        if problems or not isinstance(content, str):
            return problems
        problems = check_placeholders("content", content, self.placeholders())
        if not problems and kind == "reply" and "{{message}}" not in content:
            problems = invalid("content", "must have {{message}} where the message is to stand")
        return problems

    def list(self) -> tuple[MailTemplate, ...]:
        """Every template, by kind and language: the team's own, else those that cStar brings."""
        self._refuse_customers()
        with self._store.snapshot() as snap:
            own = {row[:2]: _template(row) for row in snap.all(_ALL, workspace=self._workspace)}
        brought = {key: MailTemplate(*key, text, None, 0) for key, text in _DEFAULTS.items()}
        found = {**brought, **own}
        return tuple(found[key] for key in sorted(found))

    def get(self, kind: str, language: str) -> MailTemplate:
        """The template of a kind in a language. Raises NotFound, and Forbidden."""
        for each in self.list():
            if (each.kind, each.language) == (kind, language):
                return each
        raise NotFound("mail template", f"{kind} {language}")

    def preview(self, kind: str, content: str, ticket_id: str, *, message: str = "") -> str:
        """A text of a kind as it would be sent on a ticket, around this message.

        The signature is that of the default mailbox. Raises Invalid for the content, the message
        (at most 100,000 characters) and the ticket, and Forbidden.
        """
        self._refuse_customers()
        problems = self.check({"kind": kind, "content": content})
        raise_any(problems + check_text("message", message, CONTENT_MAX))
        with self._store.snapshot() as snap:
            try:
                ticket = read_stored(snap, self._scope, ticket_id)
            except NotFound:
                rule = "must be the id of an existing ticket"
                raise Invalid(invalid("ticket_id", rule)) from None
            values = placeholder_values(snap, self._scope, ticket)
            signature = snap.value(_DEFAULT_SIGNATURE, workspace=self._workspace)
        values |= {MESSAGE: message, SIGNATURE: signed(signature or "")}
        return render(content, values, FILLED_MAX)

    def placeholders(self) -> tuple[str, ...]:
        """The names that may stand in double braces in a template."""
        self._refuse_customers()
        with self._store.snapshot() as snap:
            return (MESSAGE, SIGNATURE, *placeholder_names(snap, self._scope))

    def update(
        self, kind: str, language: str, *, content: str, expected_version: int | None = None
    ) -> MailTemplate:
        """Set the text of a kind in a language (at most 20,000 characters).

        A text of ``reply`` must have ``{{message}}``. Raises Invalid, Conflict for one template
        too many, and StaleVersion.
        """
        raise_any(self.check({"kind": kind, "language": language, "content": content}))
        this = {"workspace": self._workspace, "kind": kind, "language": language}
        with self._store.transaction() as tx:
            row = tx.first(_ONE, **this)
            _expect(0 if row is None else row[5], expected_version)
            if row is not None and row[3] == content:
                return _template(row[1:])
            uid = new_uid(tx.now) if row is None else row[0]
            if row is not None:
                tx.run(_UPDATE, **this, content=content, now=max(tx.now, row[4]))
            else:
                if len(tx.all(_ALL, workspace=self._workspace)) >= TEMPLATES_MAX:
                    raise Conflict(f"A workspace has at most {TEMPLATES_MAX} templates of its own")
                names: dict[str, Any] = dict.fromkeys(("created_at", "updated_at"), tx.now)
                own = {"uid": uid, "workspace_id": self._workspace, "version": 1, **names}
                tx.insert(_INSERT, **own, kind=kind, language=language, content=content)
            self._record(tx, "mail_template.updated", uid, kind, language)
            made = tx.all(_ONE, **this)[0]
        return _template(made[1:])

    def reset(self, kind: str, language: str) -> None:
        """Take the team's own text away, so that the one that cStar brings stands again, if any.

        Raises NotFound if there is none of the team's own.
        """
        this = {"workspace": self._workspace, "kind": kind, "language": language}
        with self._store.transaction(reserved=True) as tx:
            row = tx.first(_ONE, **this)
            if row is None:
                raise NotFound("mail template", f"{kind} {language}")
            tx.run(_DELETE, **this)
            self._record(tx, "mail_template.reset", row[0], kind, language)

    @property
    def _workspace(self) -> int:
        return self._scope.workspace_id

    def _refuse_customers(self) -> None:
        if not self._scope.internal:
            raise Forbidden("A publishable key does not open the mail templates")

    def _record(self, tx: Any, type: str, uid: bytes, kind: str, language: str) -> None:
        events.record(tx, self._scope, type, uid, data={"kind": kind, "language": language})


def template_for(snap: Snapshot, workspace: int, kind: str, language: str) -> str:
    """The text to send with: the team's own in the language, one that is brought, or English."""
    rows = {row[:2]: str(row[2]) for row in snap.all(_ALL, workspace=workspace)}
    bare = language.partition("-")[0]
    for texts, spoken in (
        *((texts, each) for each in dict.fromkeys((language, bare)) for texts in (rows, _DEFAULTS)),
        (rows, "en"),
    ):
        if (kind, spoken) in texts:
            return texts[kind, spoken]
    return _DEFAULTS[kind, "en"]


def signed(signature: str) -> str | None:
    """A signature as it stands below a mail; None if there is nothing to sign with.

    >>> signed(" Acme ")
    '-- \\nAcme'
    """
    text = signature.strip()
    return f"-- \n{text}" if text else None


def _template(row: SqlRow) -> MailTemplate:
    kind, language, content, updated_at, version = row
    return MailTemplate(kind, language, content, from_seconds(updated_at), version)


def _expect(version: int, expected: int | None) -> None:
    if expected not in (None, version):
        raise StaleVersion(f"The template is at version {version}")
