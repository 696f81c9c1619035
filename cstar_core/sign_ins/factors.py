"""The second factor of a member: a secret that codes are made of, and codes that stand in once."""

from dataclasses import dataclass
from datetime import datetime

from peewee import fn

from cstar_core.clock import from_seconds
from cstar_core.sign_ins.codes import (
    DIGITS,
    matching_step,
    new_recovery_codes,
    plain_code,
)
from cstar_core.sign_ins.passwords import digest
from cstar_core.store import Snapshot, Transaction, prepare, prepare_insert, slot
from cstar_core.tables import RecoveryCodeRow, SecondFactorRow

_CODE_MAX = 32


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """Since when a member's second factor counts, and how many recovery codes are left."""

    since: datetime
    recovery_codes: int


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What a phone needs: ``secret`` to type, ``uri`` for a QR code. Counts once confirmed."""

    secret: str
    uri: str


_MINE = SecondFactorRow.member_id == slot("member")
_FACTOR = prepare(
    SecondFactorRow.select(
        SecondFactorRow.secret, SecondFactorRow.confirmed_at, SecondFactorRow.last_step
    ).where(_MINE)
)
_PUT = prepare(
    SecondFactorRow.insert(
        {
            SecondFactorRow.member_id: slot("member"),
            SecondFactorRow.secret: slot("secret"),
            SecondFactorRow.confirmed_at: None,
            SecondFactorRow.last_step: 0,
        }
    ).on_conflict_replace()
)
_USE = prepare(
    SecondFactorRow.update(
        {
            SecondFactorRow.last_step: slot("step"),
            SecondFactorRow.confirmed_at: fn.COALESCE(SecondFactorRow.confirmed_at, slot("now")),
        }
    ).where(_MINE)
)
_REMOVE = prepare(SecondFactorRow.delete().where(_MINE))
_CODES_MINE = RecoveryCodeRow.member_id == slot("member")
_LEFT = prepare(RecoveryCodeRow.select(fn.COUNT(RecoveryCodeRow.hash)).where(_CODES_MINE))
_USE_RECOVERY = prepare(
    RecoveryCodeRow.delete().where(_CODES_MINE & (RecoveryCodeRow.hash == slot("hash")))
)
_REMOVE_CODES = prepare(RecoveryCodeRow.delete().where(_CODES_MINE))
_ADD_CODES = prepare_insert(RecoveryCodeRow, ("member_id", "hash"))


def factor_of(snap: Snapshot, member_key: int) -> SecondFactor | None:
    """The second factor of a member, if one counts."""
    row = snap.first(_FACTOR, member=member_key)
    if row is None or row[1] is None:
        return None
    return SecondFactor(from_seconds(row[1]), snap.value(_LEFT, member=member_key))


def put_factor(tx: Transaction, member_key: int, secret: bytes) -> None:
    """A secret that counts once a code of it is given; it replaces another such one."""
    tx.run(_PUT, member=member_key, secret=secret)


def confirm_factor(tx: Transaction, member_key: int, code: object) -> tuple[str, ...] | None:
    """Let the secret count if a code of it is given: the recovery codes; else None."""
    if not _use_step(tx, member_key, _plain(code)):
        return None
    codes = new_recovery_codes()
    tx.run(_REMOVE_CODES, member=member_key)
    tx.many(_ADD_CODES, [(member_key, digest(plain_code(each))) for each in codes])
    return codes


def use_code(tx: Transaction, member_key: int, code: object) -> bool:
    """Whether a code is right; then it is used up."""
    plain = _plain(code)
    if len(plain) == DIGITS:
        return _use_step(tx, member_key, plain)
    return tx.run(_USE_RECOVERY, member=member_key, hash=digest(plain)) == 1


def remove_factor(tx: Transaction, member_key: int) -> bool:
    """Remove a second factor with its recovery codes; whether there was one."""
    tx.run(_REMOVE_CODES, member=member_key)
    return tx.run(_REMOVE, member=member_key) == 1


def _plain(code: object) -> str:
    return plain_code(code[:_CODE_MAX]) if isinstance(code, str) else ""


def _use_step(tx: Transaction, member_key: int, code: str) -> bool:
    row = tx.first(_FACTOR, member=member_key)
    step = None if row is None else matching_step(row[0], code, tx.now, row[2])
    if step is None:
        return False
    tx.run(_USE, member=member_key, step=step, now=tx.now)
    return True
