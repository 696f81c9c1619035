"""How the server writes its log: lines for people, or one JSON object a line for machines.

What is logged may quote what a stranger sent, so no text can begin a line of its own or speak to a
terminal: characters that control something are written as escapes, in both forms. API keys are left
out of it.
"""

import json
import logging
import time

from cstar_web.redaction import redacted

_CONTROLS = (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029, *range(0x202A, 0x202F))
_ISOLATES = range(0x2066, 0x206A)
_ESCAPED = {
    code: f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
    for code in (*_CONTROLS, *_ISOLATES)
} | {0x09: "\\t", 0x0A: "\\n", 0x0D: "\\r"}
_ESCAPED_IN_JSON = {code: f"\\u{code:04x}" for code in (*_CONTROLS, *_ISOLATES)}


def escaped(text: str) -> str:
    r"""The text on one line, with an escape for every character that controls something.

    >>> escaped("one\ntwo\x1b[2J")
    'one\\ntwo\\x1b[2J'
    """
    return text.translate(_ESCAPED)


def as_json(entry: dict[str, object]) -> str:
    """An entry as one line of JSON that no viewer breaks in two."""
    # What is left after the encoder can only stand inside strings.
    return json.dumps(entry, ensure_ascii=False).translate(_ESCAPED_IN_JSON)


def second(instant: float) -> str:
    """The second of an instant as the log writes it, in UTC and without its end."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(instant))


def _stamp(record: logging.LogRecord) -> str:
    return f"{second(record.created)}.{int(record.msecs):03}Z"


class TextFormatter(logging.Formatter):
    """One line for each record; the lines of a traceback follow it and are indented."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as text."""
        message = escaped(redacted(record.getMessage()))
        lines = [f"{_stamp(record)} {record.levelname} {record.name}: {message}"]
        if record.exc_info:
            trace = redacted(self.formatException(record.exc_info)).split("\n")
            lines += [f"    {escaped(line)}" for line in trace]
        return "\n".join(lines)


class JsonFormatter(logging.Formatter):
    """One JSON object for each record, tracebacks inside it."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        entry: dict[str, object] = {
            "time": _stamp(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redacted(record.getMessage()),
        }
        if record.exc_info:
            entry["exception"] = redacted(self.formatException(record.exc_info))
        return as_json(entry)


def log_to_stderr(log_format: str, level: int = logging.INFO) -> None:
    """Send the log of the whole program to stderr, as `text` or `json`."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter() if log_format == "json" else TextFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
