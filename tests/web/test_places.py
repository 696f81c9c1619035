"""Where the database is if nobody says so, case by case, and the folder that is made for it."""

import os
import pwd
import stat
from pathlib import Path

import pytest

from cstar_web.places import default_database, is_found_unnamed, make_folder

HOMELESS = 4_000_000_001
PLACES = [
    # A service has its own, also one that runs as root.
    ({"STATE_DIRECTORY": "/var/lib/desk"}, 0, "/var/lib/desk/cstar.db"),
    ({"STATE_DIRECTORY": "/var/lib/a:/var/lib/b", "HOME": "/h"}, 1000, "/var/lib/a/cstar.db"),
    ({"STATE_DIRECTORY": "desk", "HOME": "/h"}, 1000, "/h/.local/share/cstar/cstar.db"),
    ({"STATE_DIRECTORY": "", "HOME": "/h"}, 1000, "/h/.local/share/cstar/cstar.db"),
    # Root has that of the machine, wherever its home is.
    ({}, 0, "/var/lib/cstar/cstar.db"),
    ({"HOME": "/root", "XDG_DATA_HOME": "/root/data"}, 0, "/var/lib/cstar/cstar.db"),
    # Anybody else has their own.
    ({"XDG_DATA_HOME": "/data", "HOME": "/h"}, 1000, "/data/cstar/cstar.db"),
    ({"XDG_DATA_HOME": "data", "HOME": "/h"}, 1000, "/h/.local/share/cstar/cstar.db"),
    ({"XDG_DATA_HOME": "", "HOME": "/h/"}, 1000, "/h/.local/share/cstar/cstar.db"),
    ({"XDG_DATA_HOME": "/data"}, HOMELESS, "/data/cstar/cstar.db"),
    ({"HOME": "/h"}, HOMELESS, "/h/.local/share/cstar/cstar.db"),
    ({"HOME": "h"}, HOMELESS, None),
    ({"HOME": ""}, HOMELESS, None),
    ({}, HOMELESS, None),
]


@pytest.mark.parametrize(("environ", "uid", "place"), PLACES)
def test_a_database_has_a_place(environ: dict[str, str], uid: int, place: str | None) -> None:
    assert default_database(environ, uid) == place


def test_without_a_variable_for_it_the_home_is_that_of_the_user_list() -> None:
    known = f"{pwd.getpwuid(1).pw_dir}/.local/share/cstar/cstar.db"

    assert (default_database({"HOME": "h"}, 1), default_database({}, 1)) == (known, known)


FOUND = [
    ("/var/lib/cstar/cstar.db", {"STATE_DIRECTORY": "/var/lib/cstar"}, True),
    ("/var/lib/cstar/cstar.db", {"HOME": "/h"}, False),
    ("/var/lib/desk/cstar.db", {"STATE_DIRECTORY": "/var/lib/desk"}, False),
    ("/h/.local/share/cstar/cstar.db", {"HOME": "/h"}, True),
    ("/h/.local/share/cstar/cstar.db", {"HOME": "/h", "STATE_DIRECTORY": "/h/state"}, True),
    ("/h/state/cstar.db", {"HOME": "/h", "STATE_DIRECTORY": "/h/state"}, False),
    ("/h/desk.db", {"HOME": "/h"}, False),
    ("/h/desk.db", {"HOME": ""}, False),
]


@pytest.mark.parametrize(("database", "environ", "found"), FOUND)
def test_commands_in_a_shell_find_it_unnamed_where_they_look_themselves(
    database: str, environ: dict[str, str], found: bool
) -> None:
    assert is_found_unnamed(database, environ, HOMELESS) is found


def test_a_database_behind_a_link_is_found_unnamed(tmp_path: Path) -> None:
    (tmp_path / "share").symlink_to("private")
    database = str(tmp_path / "private" / "cstar" / "cstar.db")
    assert is_found_unnamed(database, {"XDG_DATA_HOME": str(tmp_path / "share")}, HOMELESS)


def test_every_folder_that_is_made_is_for_its_owner_alone(tmp_path: Path) -> None:
    make_folder(str(tmp_path / "share" / "cstar" / "cstar.db"))
    made = (tmp_path / "share", tmp_path / "share" / "cstar")

    assert [stat.S_IMODE(each.stat().st_mode) for each in made] == [0o700, 0o700]
    assert not (tmp_path / "share" / "cstar" / "cstar.db").exists()


def test_a_folder_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    make_folder(str(tmp_path / "cstar.db"))
    make_folder(str(tmp_path / "cstar.db"))

    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


def test_a_link_to_a_folder_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    make_folder(str(tmp_path / "link" / "cstar" / "cstar.db"))

    assert os.listdir(tmp_path / "real") == ["cstar"]


@pytest.mark.parametrize("kind", ["file", "dangling link"])
def test_what_is_no_folder_is_named(tmp_path: Path, kind: str) -> None:
    place = tmp_path / "cstar"
    if kind == "file":
        place.write_text("Dear diary")
    else:
        place.symlink_to("nowhere")
    with pytest.raises(OSError, match="it is not a folder") as refused:
        make_folder(str(place / "data" / "cstar.db"))

    assert refused.value.filename == str(place)
