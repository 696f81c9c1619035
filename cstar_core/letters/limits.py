"""What a mail may have at most, and the error for one that cannot be read."""

LETTER_BYTES_MAX = 25 * 1024 * 1024
HEADER_BYTES_MAX = 64 * 1024
HEADERS_MAX = 200
RECIPIENTS_MAX = 100
DEPTH_MAX = 20
PARTS_MAX = 200
HTML_MAX = 512 * 1024
NESTING_MAX = 200
TEXT_MAX = 100_000
REFERENCES_MAX = 50
ID_MAX = 998
SUBJECT_MAX = 998
NAME_MAX = 1_000


class Unreadable(Exception):
    """A mail that is not read; ``code`` is for programs, ``reason`` is a sentence's end.

    The codes are ``empty``, ``too_large``, ``no_header``, ``header_too_large``,
    ``too_many_headers``, and those that a program adds which reads in a process of its own.
    """

    def __init__(self, code: str, reason: str) -> None:
        self.code = code
        self.reason = reason
        super().__init__(f"the mail {reason}")
