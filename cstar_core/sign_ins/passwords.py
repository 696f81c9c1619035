"""Passwords: what one must be like, and who turns it into what is stored."""

import hashlib
import unicodedata
from collections.abc import Iterable
from typing import Protocol

from cstar_core.checks import check_text, invalid
from cstar_core.errors import Problem
from cstar_core.sign_ins.common import COMMON_PASSWORDS

PASSWORD_MIN = 10
PASSWORD_MAX = 200
_DIFFERENT_MIN = 4


class Hasher(Protocol):
    """Turns passwords into what is stored of them; slow on purpose, so never in a transaction."""

    def hash(self, password: str) -> str:
        """A hash with its own salt and parameters in it."""
        ...

    def verify(self, hash: str, password: str) -> bool:
        """Whether a hash is one of the password; False also for what is no hash.

        Raises TooManyTries where it has enough to do already.
        """
        ...

    def needs_rehash(self, hash: str) -> bool:
        """Whether it was made with other parameters than it would be now."""
        ...


def normal(password: str) -> str:
    """One form for what keyboards write in several.

    >>> normal("Cafe\\u0301") == normal("Café")
    True
    """
    return unicodedata.normalize("NFKC", password)


def check_password(param: str, value: object, known: Iterable[str | None] = ()) -> list[Problem]:
    """A password: 10 to 200 characters that are not easy to guess.

    ``known`` is what everybody knows of its owner, such as name and address.

    >>> [problem.message for problem in check_password("password", "qwertyuiop")]
    ['password is among the most common ones']
    >>> check_password("password", "correct horse battery")
    []
    """
    problems = check_text(param, value, PASSWORD_MAX, blank=False)
    if problems:
        return problems
    folded = _folded(str(value))
    if len(normal(str(value))) < PASSWORD_MIN:
        return invalid(param, f"must have at least {PASSWORD_MIN} characters")
    if folded in COMMON_PASSWORDS:
        return invalid(param, "is among the most common ones")
    if len(set(folded)) < _DIFFERENT_MIN:
        return invalid(param, f"must have at least {_DIFFERENT_MIN} different characters")
    if folded in {_folded(each) for each in known if each}:
        return invalid(param, "must not be the name or the address")
    return []


def _folded(text: str) -> str:
    return "".join(normal(text).casefold().split())


def digest(token: str) -> bytes:
    """What is stored of a token, which is long and random."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
