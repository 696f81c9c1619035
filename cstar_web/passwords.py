"""How the server hashes the passwords of members: Argon2id, which is slow and takes memory."""

from threading import BoundedSemaphore

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from cstar_core import TooManyTries

# What OWASP asks for at least: 19 MiB, two passes, one thread; some 35 ms of one core.
_MEMORY_KIB = 19_456
_PASSES = 2
_LANES = 1
# More at once would only take memory and the time of other requests.
_AT_ONCE = 2
# Strangers ask for as many as they have networks; who waits for a turn keeps others waiting too.
_IN_HAND = 4


class Argon2:
    """A `cstar_core.Hasher` with Argon2id."""

    def __init__(self, in_hand: int = _IN_HAND) -> None:
        self._hasher = PasswordHasher(_PASSES, _MEMORY_KIB, _LANES, type=Type.ID)
        self._turns = BoundedSemaphore(_AT_ONCE)
        self._places = BoundedSemaphore(in_hand)

    def hash(self, password: str) -> str:
        """A hash with its own salt and parameters in it."""
        with self._turns:
            return self._hasher.hash(password)

    def verify(self, hash: str, password: str) -> bool:
        """Whether a hash is one of the password; raises TooManyTries if others wait already."""
        if not self._places.acquire(blocking=False):
            raise TooManyTries(1)
        try:
            with self._turns:
                return self._hasher.verify(hash, password)
        except (InvalidHashError, VerificationError):
            return False
        finally:
            self._places.release()

    def needs_rehash(self, hash: str) -> bool:
        """Whether it was made with other parameters."""
        try:
            return self._hasher.check_needs_rehash(hash)
        except InvalidHashError:
            return True
