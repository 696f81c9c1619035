"""The documents of the project, and how they are read."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCUMENTS = (
    *("README.md", "docs/api.md", "docs/client.md", "docs/library.md", "docs/mcp.md"),
    *("docs/exporting.md", "docs/importing.md", "docs/operating.md", "docs/webhooks.md"),
    *("docs/backups.md", "docs/commands.md", "docs/monitoring.md", "docs/settings.md"),
    "docs/upgrading.md",
)
LINKED = (
    *(*DOCUMENTS, "docs/architecture.md", "docs/performance.md", "docs/reliability.md"),
    *("docs/security.md", "docs/releasing.md", "docs/deploy/README.md"),
    *("docs/inbox.md", "docs/customers.md", "docs/growing.md", "docs/mail.md"),
    *("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"),
)
# A fenced block: its language, whether it is skipped, its text.
FENCE = re.compile(r"^```(\w+)(?: (skip))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@dataclass(frozen=True)
class Block:
    """One fenced block: its language, its text, and where it stands."""

    language: str
    text: str
    line: int
    skipped: bool


def blocks(name: str) -> list[Block]:
    text = read(name)
    return [
        Block(m[1], m[3], text.count("\n", 0, m.start()) + 1, m[2] is not None)
        for m in FENCE.finditer(text)
    ]
