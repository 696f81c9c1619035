"""Exports: everything that a desk, a team or a customer has, in files that anybody can read."""

from cstar_core.exports.loading import load_export
from cstar_core.exports.making import make_export
from cstar_core.exports.manifest import FILE_FORMATS, Export, ExportedFile
from cstar_core.exports.personal import make_personal
from cstar_core.exports.spreadsheets import table

__all__ = [
    "FILE_FORMATS",
    "Export",
    "ExportedFile",
    "load_export",
    "make_export",
    "make_personal",
    "table",
]
