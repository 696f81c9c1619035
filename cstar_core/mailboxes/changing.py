"""Which columns of a mailbox a change writes, and what becomes of secrets and cursors."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from cstar_core.checks import invalid, raise_any
from cstar_core.clock import to_seconds
from cstar_core.errors import Problem
from cstar_core.facets import definitions
from cstar_core.fields import check_values
from cstar_core.mailboxes.mailbox import Mailbox, defaults_of
from cstar_core.mailboxes.oauth import oauth_of
from cstar_core.mailboxes.servers import SERVERS, incoming_of, is_by_oauth, outgoing_of
from cstar_core.members import fold_email, member_key
from cstar_core.scope import Scope
from cstar_core.store import Snapshot, prepare, slot
from cstar_core.tables import MailboxRow

# What makes a password that of another server or user, to whom it must not be sent.
_WHOSE = ("host", "port", "security", "user")
# What makes one who gives tokens another one.
_GIVER = ("token_url", "client_id")
# What makes a folder another one, which is read from its beginning.
_WHERE = ("host", "user", "folder")
# No folder has the number 0: whoever reads the one before moves nothing any more.
_ANEW = {"uid_validity": 0, "last_uid": 0, "failing_since": None, "failure": None}
OAUTH_SECRETS = ("oauth_client_secret", "oauth_refresh_token")
_SENT_ANEW = {"sending_failing_since": None, "sending_failure": None}
_ASKED_ANEW = {"oauth_renewing": None, "oauth_failing_since": None, "oauth_failure": None}
_NAMES = (
    *("address", "name", "language", "signature", "defaults", "is_default", "answers_first"),
    *("plus_addressing", "is_active", "incoming", "incoming_secret", "outgoing"),
    *("outgoing_secret", "dkim", "oauth", *OAUTH_SECRETS),
)
_SIGNING_IN = (*SERVERS, "oauth")
_STORED = prepare(
    MailboxRow.select(*(getattr(MailboxRow, name) for name in _NAMES)).where(
        MailboxRow.id == slot("mailbox")
    )
)


def check_defaults(snap: Snapshot, scope: Scope, given: Mapping[str, Any]) -> list[Problem]:
    """Whether what the defaults name is there; a required field may be left empty."""
    problems: list[Problem] = []
    member = given.get("assigned_to")
    if member is not None and member_key(snap, scope, member) is None:
        problems += invalid("defaults.assigned_to", "must be the id of an existing member")
    known = definitions(snap, scope.workspace_id, "tickets")
    free = {key: replace(one, required=False) for key, one in known.items()}
    values = given.get("custom_fields", {})
    return problems + check_values("defaults.custom_fields", values, free, {})


def usable_defaults(snap: Snapshot, scope: Scope, mailbox: Mailbox) -> dict[str, Any]:
    """The defaults as a new ticket takes them: without what was removed since they were set."""
    given = {name: value for name, value in asdict(mailbox.defaults).items() if value}
    if "assigned_to" in given and member_key(snap, scope, given["assigned_to"]) is None:
        del given["assigned_to"]
    fields = given.get("custom_fields", {})
    kept = {
        key: value
        for key, value in fields.items()
        if not check_defaults(snap, scope, {"custom_fields": {key: value}})
    }
    return given | ({"custom_fields": kept} if fields else {})


def stored(values: Mapping[str, Any]) -> dict[str, Any]:
    """Checked values as columns; of a server that is given without a password that is None."""
    columns: dict[str, Any] = {
        name: int(value) if isinstance(value, bool) else value for name, value in values.items()
    }
    if "address" in values:
        columns["address_key"] = fold_email(values["address"])
    if "defaults" in values:
        columns["defaults"] = _json(asdict(defaults_of(values["defaults"])))
    if "incoming" in values:
        columns |= _server("incoming", values["incoming"], incoming_of)
    if "outgoing" in values:
        columns |= _server("outgoing", values["outgoing"], outgoing_of)
    if values.get("dkim") is not None:
        columns["dkim"] = _json(dict(values["dkim"]))
    if "oauth" in values:
        columns |= _oauth(values["oauth"])
    return columns


def check_signing_in(given: Mapping[str, Any]) -> list[Problem]:
    """Whether who shows tokens can have some; servers and ``oauth`` are None or as given."""
    if given.get("oauth") is not None:
        return []
    rule = "must be password for a mailbox without oauth"
    servers = {name: given.get(name) for name in SERVERS}
    return [
        problem
        for name, each in servers.items()
        if isinstance(each, Mapping) and is_by_oauth(each)
        for problem in invalid(f"{name}.auth", rule)
    ]


def changed(snap: Snapshot, key: int, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that a change of checked values makes differ."""
    before = dict(zip(_NAMES, snap.all(_STORED, mailbox=key)[0], strict=True))
    after = stored(changes)
    for name in SERVERS:
        lacking = after.get(name) is not None and after[f"{name}_secret"] is None
        if lacking and not _by_oauth(after[name]) and _same(before[name], after[name], _WHOSE):
            after[f"{name}_secret"] = before[f"{name}_secret"]
    _keep_oauth(before, after)
    raise_any(check_signing_in({name: _read({**before, **after}[name]) for name in _SIGNING_IN}))
    differing = {name: each for name, each in after.items() if before.get(name, each) != each}
    if not differing:
        return {}
    if "address" in differing:
        differing["address_key"] = after["address_key"]
    if "incoming" in differing and not _same(before["incoming"], after["incoming"], _WHERE):
        differing |= _ANEW
    if differing.keys() & {"outgoing", "outgoing_secret"}:
        differing |= _SENT_ANEW
    if differing.keys() & {"oauth", *OAUTH_SECRETS}:
        differing |= _ASKED_ANEW | _SENT_ANEW
    return differing


def _keep_oauth(before: Mapping[str, Any], after: dict[str, Any]) -> None:
    """Let the secrets stay that were not given, if what they lead to is the same.

    Whoever names another server, or another user, must not have it shown tokens.
    """
    is_elsewhere = any(
        _by_oauth(after.get(name))
        and not (_by_oauth(before[name]) and _same(before[name], after[name], _WHOSE))
        for name in SERVERS
    )
    given = after if "oauth" in after else {}
    is_same = "oauth" not in after or _same(before["oauth"], after["oauth"], _GIVER)
    for name in OAUTH_SECRETS:
        if given.get(name) is None:
            after[name] = before[name] if is_same and not is_elsewhere else None


def _by_oauth(stored: str | None) -> bool:
    return stored is not None and is_by_oauth(json.loads(stored))


def _oauth(given: Mapping[str, Any] | None) -> dict[str, Any]:
    if given is None:
        return dict.fromkeys(("oauth", *OAUTH_SECRETS))
    secrets = {name: given.get(name.removeprefix("oauth_")) for name in OAUTH_SECRETS}
    return {"oauth": _json(asdict(oauth_of(given))), **secrets}


def _read(stored: str | None) -> Any:
    return None if stored is None else json.loads(stored)


def _server(name: str, given: Mapping[str, Any] | None, made: Any) -> dict[str, Any]:
    if given is None:
        return {name: None, f"{name}_secret": None}
    values = asdict(made(given))
    if values.get("since") is not None:
        values["since"] = to_seconds(values["since"])
    if not is_by_oauth(values):
        del values["auth"]  # as before there were tokens
    return {name: _json(values), f"{name}_secret": given.get("password")}


def _same(one: str | None, other: str | None, names: tuple[str, ...]) -> bool:
    """Whether two servers, as they are stored, agree in some members."""
    if one is None or other is None:
        return one == other
    first, second = json.loads(one), json.loads(other)
    return all(first[name] == second[name] for name in names)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
