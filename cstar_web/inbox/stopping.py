"""What ends a visit before its page: something to tell, or another place to go to."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kept:
    """A form that could not be taken, to be given back: how it is sent again, and the way in."""

    action: str
    fields: tuple[tuple[str, str], ...]
    # The field that took long to write.
    name: str
    text: str
    sign_in: str


class Stopped(Exception):
    """The visit ends with a page that says why, by its status."""

    def __init__(self, status: int, reason: str = "", kept: Kept | None = None) -> None:
        super().__init__(f"{status} {reason}".rstrip())
        self.status = status
        # A word that the page knows, where the status alone does not tell.
        self.reason = reason
        # What was typed, for the page to give back.
        self.kept = kept


class Elsewhere(Exception):
    """The visit goes on at another page of the inbox."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.location = location
