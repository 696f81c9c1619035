"""What ends a visit before its page: something to tell, or another place to go to."""


class Stopped(Exception):
    """The visit ends with a page that says why, by its status."""

    def __init__(self, status: int, reason: str = "") -> None:
        super().__init__(f"{status} {reason}".rstrip())
        self.status = status
        # A key of `failures.REASONS`, where the status alone does not tell.
        self.reason = reason


class Elsewhere(Exception):
    """The visit goes on at another page of the inbox."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.location = location
