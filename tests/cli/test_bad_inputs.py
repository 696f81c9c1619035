"""Whatever is typed: no traceback, one line on stderr, an exit code that is documented."""

import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import click
import pytest

from cstar_core import Helpdesk
from tests.cli.commands import ROOT, run
from tests.cli.test_help import COMMANDS, find

pytestmark = pytest.mark.no_cover

_LONG = "x" * 5000
# What may be typed where a file, an id or a name belongs.
ODD = [
    *("", "nope/nope", "folder", "half", "torn", "empty", "junk", "deep.json", "loop", _LONG),
    *("\udcff", "a\nb\x1b[2J", "9" * 30, "💥", "/dev/null", "title=\udcff", "cus_" + "0" * 32),
]
# These answer until they are stopped, or take long, once all that is typed is right.
UNENDING = {"serve", "listen", "mcp", "health"}
REQUIRED = {"--type": "secret", "--environment": "live", "--team": "acme"}
REQUIRED |= {"--mailbox": "support@example.com"}
RIGHT = {
    **{"team": "acme", "name": "Ada", "email": "ada@example.com", "event": "ticket.created"},
    **{"key_id": "key_" + "0" * 32, "customer_id": "cus_" + "0" * 32, "path": "team"},
    **{"number": "1", "address": "support@example.com", "mail_id": "eml_" + "0" * 32},
    **{"kind": "reply", "value": "example.org", "language": "en"},
    **{"destination": "made", "source": "folder", "file": "rows.csv", "shell": "bash", "url": ""},
}


@pytest.fixture
def oddities(database: Path, tmp_path: Path) -> Path:
    """A desk, and beside it files and folders that are not what they seem."""
    for name in ("folder", "half", "torn"):
        (tmp_path / name).mkdir()
    (tmp_path / "half" / "manifest.json").write_text("{}", encoding="utf-8")
    (tmp_path / "torn" / "manifest.json").write_bytes(b'{"files": \xff')
    (tmp_path / "empty").touch()
    (tmp_path / "junk").write_bytes(bytes(range(256)) * 16)
    (tmp_path / "deep.json").write_text("[" * 100_000, encoding="utf-8")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "rows.csv").write_text("title\nA row\n", encoding="utf-8")
    return database


def lines(path: tuple[str, ...]) -> Iterator[list[str]]:
    """Command lines of which each has one odd word, in the place of each option and argument."""
    params = find(path).params
    arguments = [each for each in params if isinstance(each, click.Argument)]
    needed = [each for each in params if isinstance(each, click.Option) and each.required]
    for param in params:
        if getattr(param, "is_flag", False):
            continue
        for odd in ODD:
            words = [word for each in needed for word in (each.opts[0], REQUIRED[each.opts[0]])]
            if isinstance(param, click.Option):
                words += [param.opts[0], odd]
            given = [odd if each is param else RIGHT[str(each.name)] for each in arguments]
            yield [*path, *words, "--", *given]


@pytest.mark.parametrize(
    "path", [each for each in COMMANDS if each[0] not in UNENDING | {"openapi"}], ids=" ".join
)
def test_no_odd_word_ends_in_a_traceback(
    oddities: Path, monkeypatch: pytest.MonkeyPatch, path: tuple[str, ...]
) -> None:
    monkeypatch.setenv("CSTAR_DATABASE", str(oddities))
    for line in lines(path):
        result = run(*line)
        known = (0, 1, 2, 3, *getattr(find(path), "exits", ()))
        assert result.exit_code in known, (line, result.stderr)
        assert result.exception is None or isinstance(result.exception, SystemExit), line
        assert "a fault of cStar itself" not in result.stderr, line
        if result.exit_code and not result.stdout:
            assert result.stderr.startswith("cstar: ") and result.stderr.count("\n") == 1, line
        assert "\x1b" not in result.output, line
        for made in ("made", _LONG):
            shutil.rmtree(made, ignore_errors=True)


@pytest.mark.parametrize("option", ["--port", "--threads", "--allowed-hosts", "--log-format"])
@pytest.mark.parametrize("odd", ["", "-1", "x" * 5000, "\udcff", "💥 💥"])
def test_no_odd_setting_ends_in_a_traceback(option: str, odd: str) -> None:
    result = run("serve", option, odd, "--database", "nope/nope.db")

    assert result.exit_code in (1, 2, 3)
    assert result.stderr.startswith("cstar: ") and result.stderr.count("\n") == 1


@pytest.fixture
def forbidden() -> Iterator[tuple[Path, list[str]]]:
    """A folder that somebody else owns, and how to begin a command as one who may only look."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user, so no permission was lacking")
    user = pwd.getpwnam("nobody")
    place = Path(mkdtemp(prefix="cstar-"))
    place.chmod(0o755)
    with Helpdesk.open(place / "acme.db") as desk:
        desk.teams.create("Acme")
    (place / "acme.db").chmod(0o600)
    (place / "rows.csv").write_text("title\nA row\n", encoding="utf-8")
    (place / "rows.csv").chmod(0o600)
    try:
        yield (
            place,
            ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"],
        )
    finally:
        shutil.rmtree(place)


@pytest.mark.parametrize("line", ["team list", "serve", "restore made --replace", "migrate"])
def test_a_database_of_somebody_else_is_one_line_that_names_it(
    forbidden: tuple[Path, list[str]], line: str
) -> None:
    place, start = forbidden
    done = subprocess.run(
        [*start, sys.executable, "-m", "cstar_web", *line.split()],
        cwd=place,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "CSTAR_DATABASE": "acme.db"},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode in (1, 2, 3)
    assert done.stderr.startswith("cstar: ") and done.stderr.count("\n") == 1
