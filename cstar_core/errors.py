"""Everything the helpdesk can refuse to do.

HelpdeskError
├── Invalid        the values break one or more rules; ``problems`` lists every one
├── NotFound       no such object in this workspace
├── Conflict       the object cannot live beside another one (an address or a key is taken)
│   ├── StaleVersion   the object changed since it was read
│   │   └── StaleDraft       another window has saved, sent or discarded the draft
│   ├── MailConflict   a mail is settled, and what was asked needs one that is not
│   ├── MergeConflict  the ticket is merged into another one, or is not, and should be otherwise
│   └── StaleConversation    messages came to the ticket that the writer has not seen
├── Forbidden      whoever opened the workspace must not do that: a publishable key, or a role
├── SignInRefused  address and password, or what else was given to sign in, are not right
│   ├── WrongCode      the code of the second factor is not right
│   └── TooManyTries   there were too many tries; ``retry_after`` says how many seconds to wait
├── Refused        the database file cannot be used: foreign, damaged, or from a newer version
├── Busy           another writer held the file for too long; trying again is safe
├── FileLost       the bytes of a file are missing or damaged; a backup may have them
└── StorageFull    the disk is full or fails; nothing of the write is left
"""

from collections.abc import Iterable
from dataclasses import dataclass

MISSING = "PARAMETER_MISSING"
INVALID = "PARAMETER_INVALID"
UNKNOWN = "PARAMETER_UNKNOWN"


@dataclass(frozen=True, slots=True)
class Problem:
    """One broken rule.

    ``param`` is a path such as ``title``, ``tags.2`` or ``custom_fields.region``; ``code`` is
    PARAMETER_MISSING, PARAMETER_INVALID or PARAMETER_UNKNOWN; ``rule`` ends the sentence that
    the parameter begins.

    >>> Problem("title", "PARAMETER_MISSING", "is required").message
    'title is required'
    """

    param: str
    code: str
    rule: str

    @property
    def message(self) -> str:
        """The whole sentence."""
        return f"{self.param} {self.rule}"


class HelpdeskError(Exception):
    """Base of every error this library raises on purpose."""


class Invalid(HelpdeskError):
    """The values break rules; ``problems`` holds all of them, the first first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(problem.message for problem in self.problems))


class NotFound(HelpdeskError):
    """No object of this kind with this id in this workspace."""

    def __init__(self, kind: str, id: str) -> None:
        self.kind = kind
        self.id = id
        super().__init__(f"{kind.capitalize()} not found")


class Conflict(HelpdeskError):
    """Something with this key or address exists already; ``param`` names the value."""

    def __init__(self, message: str, param: str | None = None) -> None:
        self.param = param
        super().__init__(message)


class StaleVersion(Conflict):
    """The object is no longer at the version that the caller read."""


class MergeConflict(Conflict):
    """A ticket is merged into another one, or is not, and what was asked needs the opposite."""


class MailConflict(Conflict):
    """A mail has become something else than what was asked needs, or nothing is left of it."""


class Forbidden(HelpdeskError):
    """Whoever opened this workspace must not do that.

    A publishable key only reads, and not the log of events; a member does what the role allows.
    """


class SignInRefused(HelpdeskError):
    """Address and password, or what else was given to sign in, are not right; not said which."""


class WrongCode(SignInRefused):
    """The code of the second factor is not right, or was used already."""


class TooManyTries(SignInRefused):
    """There were too many tries; ``retry_after`` is how many seconds to wait."""

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(f"Too many tries; try again in {retry_after} seconds")


class Refused(HelpdeskError):
    """The file is not a database that this version can use; it was left untouched."""


class Busy(HelpdeskError):
    """The file stayed locked by another writer; nothing was written."""


class FileLost(HelpdeskError):
    """The bytes of a file are not there any more, or not as they were; a backup may have them."""

    def __init__(self) -> None:
        super().__init__("The file is missing or damaged; a backup may have it")


class StorageFull(HelpdeskError):
    """The disk is full or fails; nothing of the write is left."""
