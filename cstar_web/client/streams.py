"""Server-sent events, read from answers that go on until they are cut."""

from collections.abc import Iterable, Iterator

_KNOWN = ("id", "data", "retry")
_PAUSE_MAX = 30.0


class Told:
    """What several answers have told: ``position`` is the last id, ``pause`` the seconds after
    which the server wants to be asked again, ``failed`` how often that was in vain of late."""

    def __init__(self) -> None:
        self.position: str | None = None
        self.pause = 2.0
        self.failed = 0

    def read(self, lines: Iterable[bytes]) -> Iterator[str]:
        """The data of each event that is there as a whole; cStar writes it on one line.

        >>> told = Told()
        >>> list(told.read([b"retry: 500\\n", b"id: 7\\n", b"data: a\\n", b"\\n", b"data: b\\n"]))
        ['a']
        >>> told.position, told.pause
        ('7', 0.5)
        """
        fields: dict[str, str] = {}
        for line in lines:
            text = line.decode(errors="replace").rstrip("\r\n")
            name, _, value = text.partition(":")
            if name in _KNOWN:
                fields[name] = value.removeprefix(" ")
            elif not text:
                self._note(fields)
                if "data" in fields:
                    yield fields["data"]
                fields = {}

    def _note(self, fields: dict[str, str]) -> None:
        id, retry = fields.get("id", ""), fields.get("retry", "")
        if id.isascii() and id.isprintable():  # It becomes a header.
            self.position = id or self.position
        if retry.isascii() and retry.isdigit():
            self.pause = min(int(retry[:9]) / 1000, _PAUSE_MAX)
