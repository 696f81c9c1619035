"""The command `cstar mcp`: how it starts, ends and fails."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.assistant.hello import HELLO
from tests.cli.commands import ROOT, run


def start(*args: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "cstar_web", "mcp", *args],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def test_stdout_carries_the_protocol_alone_and_the_end_of_stdin_ends_it(database: Path) -> None:
    ready = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    call = {"name": "search_tickets", "arguments": {"limit": 0}}
    ask = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": call}
    lines = "".join(f"{json.dumps(each)}\n" for each in (HELLO, ready, ask))
    with start("--team", "acme", "--database", str(database)) as server:
        assert server.stdin and server.stdout
        server.stdin.write("not json\n" + lines)
        server.stdin.flush()
        answers = [json.loads(server.stdout.readline()) for _ in range(2)]
        assert answers[0]["result"]["serverInfo"]["name"] == "cstar"
        assert answers[1]["result"]["isError"] is True
        rest, _ = server.communicate(timeout=10)
    assert (server.returncode, rest) == (0, "")


def test_ctrl_c_ends_it_at_once(database: Path) -> None:
    with start("--team", "acme", "--database", str(database)) as server:
        assert server.stdin and server.stdout
        ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
        server.stdin.write(json.dumps(ping) + "\n")
        server.stdin.flush()
        assert server.stdout.readline()
        server.send_signal(signal.SIGINT)
        # Its stdin stays open meanwhile, as that of a terminal would.
        server.wait(10)
        server.stdin.close()
        assert "Traceback" not in (server.stderr.read() if server.stderr else "")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "Missing option '--team'"),
        (["--team", "nobody"], "no team nobody"),
        (["--team", "acme", "--member", "mem_" + "0" * 32], "no member mem_0"),
        (["--team", "acme", "--environment", "prod"], "'prod' is not one of 'live', 'test'"),
    ],
)
def test_a_wrong_start_is_one_line(database: Path, options: list[str], message: str) -> None:
    result = run("mcp", "--database", str(database), *options)

    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr and result.stderr.count("\n") == 1


def test_no_database_is_made(tmp_path: Path) -> None:
    result = run("mcp", "--team", "acme", "--database", str(tmp_path / "new.db"))

    assert result.exit_code == 2 and "there is no database" in result.stderr
    assert not (tmp_path / "new.db").exists()


def test_without_its_package_it_says_what_to_install(database: Path) -> None:
    code = (
        "import sys\n"
        "class Wall:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] in {'mcp', 'mcp_types', 'pydantic', 'anyio'}:\n"
        "            raise ModuleNotFoundError(name, name=name)\n"
        "sys.meta_path.insert(0, Wall())\n"
        "from cstar_web.__main__ import main\n"
        f"sys.argv = ['cstar', 'mcp', '--team', 'acme', '--database', {str(database)!r}]\n"
        "main()"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == (
        "cstar: cstar mcp needs the package mcp, 2.3 or newer; pip install 'mcp>=2.3'\n"
    )


def test_other_commands_do_not_import_it() -> None:
    code = (
        "import sys, cstar_web.cli\n"
        "print(sorted({'mcp', 'mcp_types', 'pydantic', 'anyio'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert ran.stdout == "[]\n"
