"""Mail as it comes, read: a table of what it says, without any network, within fixed limits."""

from cstar_core.letters.bodies import HtmlToText
from cstar_core.letters.dumping import dump_letter, load_letter
from cstar_core.letters.letter import (
    Correspondent,
    DeliveryReport,
    FailedRecipient,
    Letter,
    LetterPart,
    Suspicion,
)
from cstar_core.letters.limits import LETTER_BYTES_MAX, Unreadable
from cstar_core.letters.quoting import quoted_at, quoted_lines
from cstar_core.letters.reading import read_letter

__all__ = [
    "LETTER_BYTES_MAX",
    "Correspondent",
    "DeliveryReport",
    "FailedRecipient",
    "HtmlToText",
    "Letter",
    "LetterPart",
    "Suspicion",
    "Unreadable",
    "dump_letter",
    "load_letter",
    "quoted_at",
    "quoted_lines",
    "read_letter",
]
