"""Which lines of a mail are somebody else's: those that a program quotes when one answers."""

import re
from collections.abc import Sequence

# How programs begin the mail that is answered: how the line starts, and what is in it.
_BEGINNINGS = (
    *("On ", "Am ", "Le ", "El ", "Il ", "Op ", "Em ", "Den ", "På ", "W dniu ", "Dne ", "Dňa "),
    *("Στις ", "În ", "A(z) ", "Dana ", "Vào ", "Pada ", "Dnia ", "Il giorno ", "Von: "),
)
_VERBS = (
    *(" wrote:", " schrieb:", " schrieb ", " a écrit", " escribió:", " escribió ", " ha scritto:"),
    *(" schreef ", " schreef:", " escreveu:", " escreveu ", " skrev:", " skrev ", " pisze:"),
    *(" napisał", " napsal", " napísal", " пишет:", " написал", " написав", " írta:", "kirjoitti:"),
    *(" yazd\u0131:", " şunu yazd\u0131", " έγραψε", " a scris", " napisao", " написа:", " viết:"),
    *(" menulis:", "写道", "寫道", " 작성:", "님이 작성", " rašė:", " rakstīja:", " kirjutas:"),
)
_ENDS = (":", "\uff1a")
_CLOCK = re.compile(r"\d[:.h]\d\d|\d\s[uU]hr|(?:19|20)\d\d|\d\u6642|\d\u65f6")
_ADDRESS = re.compile(r"<[^<>\s]{1,250}@[^<>\s]{1,250}>")
_TITLES = frozenset(
    (
        *("original message", "ursprüngliche nachricht", "originalnachricht", "original-nachricht"),
        *("message d'origine", "message d\u2019origine", "message original", "mensaje original"),
        *("messaggio originale", "oorspronkelijk bericht", "mensagem original", "original email"),
        *("ursprungligt meddelande", "oprindelig meddelelse", "opprinnelig melding"),
        *("alkuperäinen viesti", "wiadomość oryginalna", "oryginalna wiadomość", "původní zpráva"),
        *("исходное сообщение", "eredeti üzenet", "özgün ileti", "orijinal mesaj", "αρχικό μήνυμα"),
        *("mesaj original", "original appointment", "ursprünglicher termin", "元のメッセージ"),
        *("原始邮件", "原始郵件", "원본 메시지", "originalmeddelande", "reply above this line"),
    )
)
# How others begin it: with lines of what stood above that mail, one of which is its subject.
_FIELDS = frozenset(
    (
        *("from", "von", "de", "da", "van", "från", "fra", "lähettäjä", "od", "от", "feladó"),
        *("kimden", "από", "de la", "差出人", "发件人", "寄件者", "보낸 사람", "gesendet", "sent"),
    )
)
_SUBJECTS = frozenset(
    (
        *("subject", "betreff", "objet", "asunto", "oggetto", "onderwerp", "assunto", "ämne"),
        *("emne", "aihe", "temat", "předmět", "predmet", "тема", "tárgy", "konu", "θέμα"),
        *("subiect", "件名", "主题", "主旨", "제목"),
    )
)
_FIELDS_MAX = 7
_HEAD_MAX = 300
_HEAD_LINES = (1, 2, 3)
_RULE_MIN = 10


def quoted_at(text: str) -> int | None:
    """Where what a mail quotes of an earlier one begins, if nothing of its own follows; else None.

    A mail that is only a quote is taken as said by its sender.

    >>> quoted_at("Thanks!\\n\\nOn Monday Jane wrote:\\n> When?"), quoted_at("> When?\\nNow")
    (9, None)
    """
    lines = text.split("\n")
    quoted = quoted_lines(lines)
    first = len(lines)
    while first and quoted[first - 1]:
        first -= 1
    if first == len(lines) or not any(line.strip() for line in lines[:first]):
        return None
    return sum(len(line) + 1 for line in lines[:first])


def quoted_lines(lines: Sequence[str]) -> list[bool]:
    """Which lines are somebody else's: what a program has marked, or all below its head.

    >>> quoted_lines(["Yes.", "", "-----Original Message-----", "So?"])
    [False, False, True, True]
    """
    quoted = [line.startswith(">") for line in lines]
    place, length = _head(lines)
    end = place + length if any(quoted[place:]) else len(lines)
    quoted[place:end] = [True] * (end - place)
    for number in range(1, len(lines)):
        quoted[number] |= quoted[number - 1] and not lines[number].strip()
    return quoted


def _head(lines: Sequence[str]) -> tuple[int, int]:
    """Where the head of a mail that is answered stands, and in how many lines; below a text."""
    for place in range(1, len(lines)):
        if length := _head_at(lines, place):
            # A line that some draw above it.
            above = lines[place - 1].strip()
            drawn = place > 1 and len(above) >= _RULE_MIN and not above.strip("_-")
            return place - drawn, length + drawn
    return len(lines), 0


def _head_at(lines: Sequence[str], place: int) -> int:
    """In how many lines a head stands from here on; 0 if none does."""
    for length in _HEAD_LINES:
        some = lines[place : place + length]
        if not some[-1].rstrip().endswith((*_ENDS, "-")) or sum(map(len, some)) > _HEAD_MAX:
            continue
        if _is_head(" ".join(line.strip() for line in some), length):
            return length
    if _field(lines[place]) in _FIELDS:
        below = lines[place + 1 : place + _FIELDS_MAX]
        if any(_field(line) in _SUBJECTS for line in below):
            return len(below) + 1
    return 0


def _is_head(line: str, length: int) -> bool:
    if line.startswith("--"):
        return length == 1 and line.strip("- ").lower() in _TITLES
    if not line.endswith(_ENDS):
        return False
    if line.startswith(_BEGINNINGS) and any(verb in line for verb in _VERBS):
        return True
    if length > 1 and not line.startswith(_BEGINNINGS):
        return False
    return _CLOCK.search(line) is not None and _is_signed(line)


def _is_signed(line: str) -> bool:
    return any(verb in line for verb in _VERBS) or _ADDRESS.search(line) is not None


def _field(line: str) -> str:
    """What stands before the colon of a line, without what makes it bold."""
    name, colon, _ = line[:_HEAD_MAX].replace("\uff1a", ":").partition(":")
    return name.strip("*_ \t\xa0").lower() if colon else ""
