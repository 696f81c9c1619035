"""How large a file is, as every language writes it."""

_UNITS = ((1024 * 1024, "MB"), (1024, "kB"))


def file_size(size: int) -> str:
    """A number of bytes in the unit that leaves no fraction worth telling.

    >>> [file_size(each).replace(chr(160), " ") for each in (5, 1_023, 1_536, 26_214_400)]
    ['5 B', '1023 B', '2 kB', '25 MB']
    """
    number, unit = next(((size / many, word) for many, word in _UNITS if size >= many), (size, "B"))
    return f"{number:.0f}\N{NO-BREAK SPACE}{unit}"
