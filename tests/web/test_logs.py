"""What a record of the log looks like, to a person and to a machine."""

import json
import logging
import sys

import pytest
from flask import Flask

from cstar_web.logs import JsonFormatter, TextFormatter

# Whatever breaks a line somewhere, moves a cursor, or turns text around.
CONTROLS = [
    chr(code) for code in (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029, 0x202E, 0x2066)
]


def record(**more: object) -> logging.LogRecord:
    values = {"name": "cstar.web", "levelname": "ERROR", "msg": "Request %s failed"}
    return logging.makeLogRecord(
        {**values, "args": ("req_1",), "created": 0.25, "msecs": 250.0, **more}
    )


def entry(**more: object) -> dict[str, str]:
    line = JsonFormatter().format(record(**more))
    assert "\n" not in line
    found: dict[str, str] = json.loads(line)
    return found


def gone(message: str) -> object:
    """What is known of an error that was raised."""
    try:
        raise LookupError(message)
    except LookupError:
        return sys.exc_info()


def test_a_record_is_one_json_object() -> None:
    assert entry() == {
        "time": "1970-01-01T00:00:00.250Z",
        "level": "error",
        "logger": "cstar.web",
        "message": "Request req_1 failed",
    }


def test_a_traceback_stays_in_its_record() -> None:
    assert entry(exc_info=gone("gone"))["exception"].endswith("LookupError: gone")


def test_a_record_is_one_line_of_text() -> None:
    assert TextFormatter().format(record()) == (
        "1970-01-01T00:00:00.250Z ERROR cstar.web: Request req_1 failed"
    )


def test_a_traceback_follows_its_line_and_is_indented() -> None:
    first, *trace = TextFormatter().format(record(exc_info=gone("gone"))).split("\n")
    assert first.endswith("Request req_1 failed")
    assert trace[-1] == "    LookupError: gone"
    assert all(line.startswith("    ") for line in trace)


@pytest.mark.parametrize("control", CONTROLS, ids=repr)
@pytest.mark.parametrize("formatter", [TextFormatter(), JsonFormatter()], ids=["text", "json"])
def test_nothing_that_controls_a_terminal_is_written(
    formatter: logging.Formatter, control: str
) -> None:
    message = f"before{control}after"
    written = formatter.format(record(args=(message,), exc_info=gone(message)))
    assert not any(each in written.replace("\n", "") for each in CONTROLS)


def test_no_message_can_begin_a_line_of_its_own() -> None:
    forged = "x\n1970-01-01T00:00:00.250Z ERROR cstar.web: forged"
    lines = TextFormatter().format(record(args=(forged,), exc_info=gone(forged))).split("\n")
    assert [line for line in lines[1:] if not line.startswith("    ")] == []


def test_json_gives_back_what_was_logged() -> None:
    message = "".join(CONTROLS) + 'quote " and \\ and é'
    assert entry(args=(message,))["message"] == f"Request {message} failed"


def test_the_log_of_a_failure_has_its_traceback_under_its_request_id(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> str:
        raise LookupError("not for strangers")

    app.add_url_rule("/fail", view_func=fail)
    answer = app.test_client().get("/fail", headers={"X-Request-Id": "mine"})
    (logged,) = caplog.records
    assert "LookupError: not for strangers" in TextFormatter().format(logged)
    assert "Request mine met an unforeseen error" in TextFormatter().format(logged)
    assert b"not for strangers" not in answer.data
