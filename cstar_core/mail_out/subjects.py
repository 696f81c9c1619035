"""The subject of an answer, by which a mail program and a reader know what is answered."""

import re

from cstar_core.mail_out.headers import one_line

SUBJECT_MAX = 500
# How mail programs of some languages begin an answer or what they pass on.
_ANSWER = re.compile(
    r"\s*(?:re|aw|antw|antwort|sv|vs|rv|res|odp|ynt|ref|fw|fwd|wg|tr|enc|i|r)"
    r"(?:\[\d{1,3}\]|\(\d{1,3}\))?\s?[:\uff1a]\s*",
    re.IGNORECASE,
)
_PREFIXES_MAX = 10


def answer_subject(subject: str, number: int) -> str:
    """``Re:``, what is answered, and the number of the ticket, each of them once.

    >>> answer_subject("AW: Re: Cannot log in [#12]", 12), answer_subject("", 12)
    ('Re: Cannot log in [#12]', 'Re: [#12]')
    """
    token = f"[#{number}]"
    bare = one_line(subject, SUBJECT_MAX).replace(token, "")
    for _ in range(_PREFIXES_MAX):
        found = _ANSWER.match(bare)
        if found is None:
            break
        bare = bare[found.end() :]
    return " ".join(["Re:", *bare.split(), token])
