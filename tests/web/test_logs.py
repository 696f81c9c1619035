"""What a line of the log looks like to a machine."""

import json
import logging
import sys

from cstar_web.logs import JsonFormatter


def entry(**more: object) -> dict[str, str]:
    values = {"name": "cstar.web", "levelname": "ERROR", "msg": "Request %s failed"}
    record = logging.makeLogRecord({**values, "args": ("req_1",), "created": 0.0, **more})
    line = JsonFormatter().format(record)
    assert "\n" not in line
    found: dict[str, str] = json.loads(line)
    return found


def test_a_record_is_one_json_object() -> None:
    assert entry() == {
        "time": "1970-01-01T00:00:00Z",
        "level": "error",
        "logger": "cstar.web",
        "message": "Request req_1 failed",
    }


def test_a_traceback_stays_in_its_record() -> None:
    try:
        raise LookupError("gone")
    except LookupError:
        found = entry(exc_info=sys.exc_info())

    assert found["exception"].endswith("LookupError: gone")
