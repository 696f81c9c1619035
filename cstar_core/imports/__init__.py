"""Imports: files of other programs and products become tickets and customers, without doubles.

A file is read as a stream (``text``, ``rows``, ``documents``), each of its entries becomes a draft
in the core's names (``columns`` and ``plain`` by names that are alike, ``products`` for the exports
of other products), and drafts are written in batches (``running``, ``arrivals``). What an entry may
be is judged by the room that it goes to, and nowhere else.
"""

from cstar_core.imports.options import IMPORT_FORMATS, IMPORT_KINDS, ImportOptions
from cstar_core.imports.report import BadRow, ImportProgress, ImportReport
from cstar_core.imports.running import import_file

__all__ = [
    "IMPORT_FORMATS",
    "IMPORT_KINDS",
    "BadRow",
    "ImportOptions",
    "ImportProgress",
    "ImportReport",
    "import_file",
]
