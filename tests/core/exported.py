"""What an export has in its files."""

import json
from pathlib import Path
from typing import Any


def rows(folder: Path, name: str) -> list[dict[str, Any]]:
    """The records of one file of an export."""
    text = (folder / f"{name}.ndjson").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.split("\n")[:-1]]


def content(folder: Path) -> dict[str, bytes]:
    """The files of an export, byte for byte."""
    return {file.name: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
