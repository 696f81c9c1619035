"""What ends a visit before its page: something to tell, or another place to go to."""


class Stopped(Exception):
    """The visit ends with a page that says why, by its status."""

    def __init__(self, status: int, reason: str = "", kept: str = "") -> None:
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
