"""Signing in: with address and password, with a code besides, or with an invitation."""

from datetime import datetime

from cstar_core.checks import EMAIL_MAX, is_storable, raise_any
from cstar_core.clock import from_seconds
from cstar_core.errors import Conflict, NotFound, Problem, SignInRefused, WrongCode
from cstar_core.ids import new_token
from cstar_core.members import Members, check_member, fold_email
from cstar_core.scope import required_uid
from cstar_core.sign_ins import invitations, networks, sessions, tries
from cstar_core.sign_ins.accounts import (
    Account,
    account,
    account_by_email,
    account_by_key,
    enter,
    enter_with_code,
    record,
    refuse_changed,
    rehash,
    scope_of,
    set_password,
    settle,
)
from cstar_core.sign_ins.codes import enrolment_uri, new_secret, readable
from cstar_core.sign_ins.factors import (
    Enrolment,
    SecondFactor,
    confirm_factor,
    factor_of,
    put_factor,
    remove_factor,
    use_code,
)
from cstar_core.sign_ins.invitations import (
    Invitation,
    find_invitation,
    invitation_of,
    member_key_of,
    use_invitation,
)
from cstar_core.sign_ins.passwords import PASSWORD_MAX, Hasher, check_password, normal
from cstar_core.sign_ins.sessions import SignIn, Visitor
from cstar_core.sign_ins.tries import ADDRESS, CODE, Try, a_try
from cstar_core.store import SqlRow, Store, Transaction
from cstar_core.teams import find_scope, find_team


class SignIns:
    """Who signs in to the inbox, with passwords that ``hasher`` turns into what is stored.

    The hasher works between transactions, never in one.
    """

    def __init__(self, store: Store, hasher: Hasher) -> None:
        self._store = store
        self._hasher = hasher
        self._no_hash = ""

    def sign_in(
        self,
        team: str,
        email: str,
        password: str,
        *,
        code: str | None = None,
        address: str | None = None,
        user_agent: str | None = None,
    ) -> SignIn:
        """Begin a session of a member of a team (id or slug).

        ``address`` (of the network) and ``user_agent`` are what the request told. Without a
        ``code`` that the member needs, ``needs_code`` of the answer is True. Raises SignInRefused,
        the same for an unknown address and a wrong password, WrongCode and TooManyTries.
        """
        found, paid = self._begin(team, email, address)
        stored = found.hash if found else None
        right = self._is_right(stored, password)
        if found is None or stored is None or not right:
            raise SignInRefused("The address or the password is not right")
        renewed = self._hash(password) if self._hasher.needs_rehash(stored) else None
        with self._store.transaction() as tx:
            refuse_changed(tx, found)
            if renewed is not None:
                rehash(tx, found, renewed)
            settle(tx, paid)
            begun = enter(tx, found, Visitor(address, user_agent))
        if begun.needs_code and code is not None:
            return self.enter_code(begun.token, code, address=address)
        return begun

    def enter_code(self, token: str, code: str, *, address: str | None = None) -> SignIn:
        """Open a session that ``needs_code``, within five minutes; it gets another token.

        ``code`` is one of the phone or a recovery code. Raises SignInRefused for a token that
        waits for no code (any more), WrongCode and TooManyTries.
        """
        with self._store.transaction() as tx:
            row = sessions.pending(tx, token)
            if row is None:
                raise SignInRefused("It took too long; begin again")
            found = account(tx, row[1])
            paid = [a_try(CODE, found.id), *networks.tries_from(address)]
            tries.pay(tx, paid)
            opened = None
            if use_code(tx, found.key, code):
                settle(tx, paid)
                opened = enter_with_code(tx, found, row[0], address)
        # What was paid stays paid: this is not raised in the transaction.
        if opened is None:
            raise WrongCode("The code is not right, or was used already")
        return opened

    def invitation(self, token: str) -> Invitation:
        """What a link is for; raises NotFound for one that is unknown, used or over."""
        with self._store.snapshot() as snap:
            return invitation_of(find_invitation(snap, token, self._store.now()))

    def accept(
        self,
        token: str,
        password: str | None = None,
        *,
        name: str | None = None,
        email: str | None = None,
        address: str | None = None,
        user_agent: str | None = None,
    ) -> SignIn:
        """Use an invitation: set the password, end other sessions, and begin one.

        ``name`` and ``email`` are for an invitation without a member, of which they make the
        team's owner. Raises Invalid, NotFound, and Conflict for an address that is taken; then it
        can still be used.
        """
        found = self.invitation(token)
        raise_any(_check_accepted(found, password, name, email))
        hashed = None if password is None else self._hash(password)
        with self._store.transaction() as tx:
            row = find_invitation(tx, token, tx.now)
            used_by = self._who_accepts(tx, row, found, str(name), str(email))
            if hashed is not None:
                set_password(tx, used_by, hashed)
            return enter(tx, used_by, Visitor(address, user_agent))

    def change_password(
        self, member_id: str, current: str | None, new: str, *, session_id: str | None = None
    ) -> None:
        """Set another password and end all sessions but ``session_id``.

        ``current`` is the present one, None if there is none yet. Raises Invalid, NotFound,
        SignInRefused for a wrong one and TooManyTries.
        """
        but = b"" if session_id is None else required_uid("session", session_id)
        found = self._checked(member_id, current)
        raise_any(_check_new("password", new, found.name, found.email))
        hashed = self._hash(new)
        with self._store.transaction() as tx:
            refuse_changed(tx, found)
            set_password(tx, found, hashed, but)

    def rename(self, member_id: str, name: str) -> None:
        """Give a member the name that it wants to have. Raises Invalid and NotFound."""
        with self._store.transaction() as tx:
            found = account(tx, required_uid("member", member_id))
            Members(self._store, scope_of(tx, found)).update(member_id, name=name)

    def change_address(
        self,
        member_id: str,
        password: str | None,
        email: str,
        *,
        address: str | None = None,
        user_agent: str | None = None,
    ) -> SignIn:
        """Give a member another address to sign in with: all sessions end, and one begins.

        ``password`` is the present one, None if there is none. Raises Invalid, NotFound, Conflict
        for an address that is taken, SignInRefused for a wrong password and TooManyTries.
        """
        raise_any(check_member({"email": email}, updating=True))
        found = self._checked(member_id, password)
        with self._store.transaction() as tx:
            refuse_changed(tx, found)
            Members(self._store, scope_of(tx, found)).update(member_id, email=email)
            sessions.end_others(tx, found.key)
            visitor = Visitor(address, user_agent)
            uid, token = sessions.start(tx, found.key, visitor, confirmed=True)
            return sessions.sign_in_of(tx, uid, token)

    def password_changed_at(self, member_id: str) -> datetime | None:
        """When a member's password was set; None if there is none. Raises NotFound."""
        with self._store.snapshot() as snap:
            changed_at = account(snap, required_uid("member", member_id)).changed_at
        return None if changed_at is None else from_seconds(changed_at)

    def second_factor(self, member_id: str) -> SecondFactor | None:
        """The second factor of a member, if there is one. Raises NotFound."""
        with self._store.snapshot() as snap:
            return factor_of(snap, account(snap, required_uid("member", member_id)).key)

    def begin_second_factor(self, member_id: str, password: str | None) -> Enrolment:
        """Make a secret for a member's phone; it counts once a code of it is given.

        ``password`` is the present one, None if there is none. Raises NotFound, Conflict if there
        is a second factor, SignInRefused for a wrong password and TooManyTries.
        """
        found, secret = self._checked(member_id, password), new_secret()
        with self._store.transaction() as tx:
            refuse_changed(tx, found)
            if factor_of(tx, found.key) is not None:
                raise Conflict("There is a second factor already; remove it first")
            put_factor(tx, found.key, secret)
        uri = enrolment_uri(secret, found.team_name, found.email)
        return Enrolment(readable(secret), uri)

    def confirm_second_factor(
        self, member_id: str, code: str, *, session_id: str | None = None
    ) -> tuple[str, ...]:
        """Let the second factor count from now on; its recovery codes, shown this once.

        All sessions but ``session_id`` end, since they were begun without it. Raises NotFound,
        Conflict if it counts already, WrongCode and TooManyTries.
        """
        but = b"" if session_id is None else required_uid("session", session_id)
        with self._store.transaction() as tx:
            found = account(tx, required_uid("member", member_id))
            if factor_of(tx, found.key) is not None:
                raise Conflict("There is a second factor already")
            attempt = a_try(CODE, found.id)
            tries.pay(tx, [attempt])
            codes = confirm_factor(tx, found.key, code)
            if codes:
                tries.forget(tx, attempt)
                sessions.end_others(tx, found.key, but)
                record(tx, found, "member.second_factor_added")
        if codes is None:
            raise WrongCode("The code is not right")
        return codes

    def remove_second_factor(self, member_id: str, password: str | None) -> None:
        """Do without a second factor from now on.

        Raises NotFound for a member or where there is none, SignInRefused for a wrong password and
        TooManyTries.
        """
        found = self._checked(member_id, password)
        with self._store.transaction() as tx:
            refuse_changed(tx, found)
            if not remove_factor(tx, found.key):
                raise NotFound("second factor", member_id)
            record(tx, found, "member.second_factor_removed")

    def _begin(
        self, team: str, email: str, address: str | None
    ) -> tuple[Account | None, list[Try]]:
        """Whom an address means, and the tries that were paid for: the same for a stranger."""
        folded = fold_email(str(email)[:EMAIL_MAX])
        with self._store.transaction() as tx:
            for part in (tries, sessions, invitations):
                part.sweep(tx)
            row = find_team(tx, team)
            found = None if row is None else account_by_email(tx, row[0], folded)
            paid = networks.tries_from(address)
            if found is None or not networks.is_known(tx, found.key, address):
                paid.append(a_try(ADDRESS, str(team if row is None else row[0]), folded))
            tries.pay(tx, paid)
        return found, paid

    def _checked(self, member_id: str, password: str | None) -> Account:
        """The account of a member who gives the present password, if there is one."""
        attempt = a_try(ADDRESS, member_id)
        with self._store.transaction() as tx:
            found = account(tx, required_uid("member", member_id))
            tries.pay(tx, [attempt])
        if found.hash is not None and not self._is_right(found.hash, password):
            raise SignInRefused("The password is not right")
        with self._store.transaction() as tx:
            tries.forget(tx, attempt)
        return found

    def _who_accepts(
        self, tx: Transaction, row: SqlRow, found: Invitation, name: str, email: str
    ) -> Account:
        """Who uses an invitation; the first owner is made by that."""
        _, scope = find_scope(tx, found.team.id, "live")
        use_invitation(tx, row, scope.team_id)
        key = member_key_of(row)
        if key is not None:
            return account_by_key(tx, key)
        made = Members(self._store, scope).create(name=name, email=email, role="owner")
        return account(tx, required_uid("member", made.id))

    def _hash(self, password: str) -> str:
        return self._hasher.hash(normal(password))

    def _is_right(self, stored: str | None, password: object) -> bool:
        """Takes as long where there is no password to compare with."""
        if not self._no_hash:
            self._no_hash = self._hash(new_token())
        given = password if isinstance(password, str) and len(password) <= PASSWORD_MAX else ""
        given = normal(given) if is_storable(given) else ""
        right = self._hasher.verify(stored or self._no_hash, given)
        return right and stored is not None


def _check_accepted(
    found: Invitation, password: object, name: object, email: object
) -> list[Problem]:
    problems = []
    if found.member is None:
        problems = check_member({"name": name, "email": email})
    else:
        name, email = found.member.name, found.member.email
    if password is None and not found.needs_password:
        return problems
    return problems + _check_new("password", password, name, email)


def _check_new(param: str, password: object, name: object, email: object) -> list[Problem]:
    """The rules of a password, one of which is that it is nothing that everybody knows."""
    known = (str(name), str(email), str(email).partition("@")[0])
    return check_password(param, password, known)
