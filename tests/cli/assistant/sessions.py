"""A client of the official package that is connected to `cstar mcp` over stdin and stdout."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from anyio.from_thread import start_blocking_portal
from mcp import Client, StdioServerParameters

from tests.cli.commands import ROOT


@dataclass(frozen=True)
class Answer:
    """What a tool answered."""

    text: str
    content: Any
    failed: bool

    @property
    def data(self) -> Any:
        assert not self.failed, self.text
        return self.content["untrusted"]

    @property
    def cut(self) -> Any:
        return self.content["cut"]


class Session:
    """An assistant that is connected."""

    def __init__(self, portal: Any, client: Client) -> None:
        self._portal = portal
        self.client = client

    def tools(self) -> dict[str, Any]:
        return {tool.name: tool for tool in self._portal.call(self.client.list_tools).tools}

    def call(self, name: str, /, **arguments: Any) -> Answer:
        # The client sees to it that structured content is as the tool's schema says.
        answer = self._portal.call(self.client.call_tool, name, arguments)
        (block,) = answer.content
        return Answer(block.text, answer.structured_content, answer.is_error)


@contextmanager
def assisting(database: Path, *options: str) -> Iterator[Session]:
    command = ["-m", "cstar_web", "mcp", "--database", str(database), *options]
    # The client passes on only a few variables by itself.
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    server = StdioServerParameters(command=sys.executable, args=command, env=environment)
    client = Client(server)
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(client):
        yield Session(portal, client)
