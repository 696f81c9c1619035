"""A letter as bytes, between the process that reads mail and the one that keeps it."""

import json
from dataclasses import asdict, replace
from typing import Any

from cstar_core.letters.letter import (
    Correspondent,
    DeliveryReport,
    FailedRecipient,
    Letter,
    LetterPart,
    Suspicion,
)

_LENGTH = 8
_MANY = ("reply_to", "to", "cc")
_STRINGS = ("in_reply_to", "references", "loops", "defects")


def dump_letter(letter: Letter) -> bytes:
    """A letter as bytes, for ``load_letter``: JSON, and behind it what the parts contain.

    >>> load_letter(dump_letter(Letter(subject="Hi"))) == Letter(subject="Hi")
    True
    """
    contents = [part.content for part in letter.parts]
    bare = replace(letter, parts=tuple(replace(part, content=b"") for part in letter.parts))
    said: dict[str, Any] = asdict(bare)
    said["identity"] = letter.identity.hex()
    said["parts"] = [
        part | {"content": len(content)}
        for part, content in zip(said["parts"], contents, strict=True)
    ]
    header = json.dumps(said, separators=(",", ":")).encode()
    return b"".join((len(header).to_bytes(_LENGTH, "big"), header, *contents))


def load_letter(dumped: bytes) -> Letter:
    """What ``dump_letter`` made; raises ValueError for anything else."""
    size = int.from_bytes(dumped[:_LENGTH], "big")
    begin = _LENGTH + size
    if len(dumped) < begin:
        raise ValueError("a letter ends before its header does")
    try:
        said = json.loads(dumped[_LENGTH:begin])
        return _letter(said, memoryview(dumped)[begin:])
    except (TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ValueError("what was dumped is no letter") from error


def _letter(said: dict[str, Any], contents: memoryview) -> Letter:
    sender, report = said["sender"], said["report"]
    for name in _MANY:
        said[name] = tuple(Correspondent(**each) for each in said[name])
    for name in _STRINGS:
        said[name] = tuple(said[name])
    said["sender"] = sender and Correspondent(**sender)
    said["suspected"] = Suspicion(**said["suspected"])
    said["identity"] = bytes.fromhex(said["identity"])
    if report:
        failed = tuple(FailedRecipient(**each) for each in report["recipients"])
        said["report"] = DeliveryReport(failed, report["original_id"])
    parts, place = [], 0
    for part in said["parts"]:
        end = place + part["content"]
        if not place <= end <= len(contents):
            raise ValueError("a letter ends before its parts do")
        parts.append(LetterPart(**part | {"content": bytes(contents[place:end])}))
        place = end
    if place != len(contents):
        raise ValueError("a letter goes on behind its parts")
    return Letter(**said | {"parts": tuple(parts)})
