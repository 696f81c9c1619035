"""Where the database is if nobody says so, and the folder that is made for it.

The order: the folder that a service manager gives (`STATE_DIRECTORY`, systemd.exec(5)), then that
of the machine for root, so that an administrator's command finds the service's database, then that
of the user (XDG Base Directory Specification).
"""

import os
import pwd
from collections.abc import Mapping
from pathlib import Path

DATABASE = "cstar.db"
OF_THE_MACHINE = "/var/lib/cstar"
PRIVATE = 0o700
_OF_A_SERVICE = "STATE_DIRECTORY"


def default_database(environ: Mapping[str, str], uid: int) -> str | None:
    """The path of the database for a user with this environment; None if they have no home.

    Only absolute paths count: a relative one would be another place in every folder.

    >>> default_database({"STATE_DIRECTORY": "/var/lib/desk:/var/lib/other"}, 0)
    '/var/lib/desk/cstar.db'
    >>> default_database({}, 0)
    '/var/lib/cstar/cstar.db'
    >>> default_database({"XDG_DATA_HOME": "/home/jane/data"}, 1000)
    '/home/jane/data/cstar/cstar.db'
    >>> default_database({"HOME": "/home/jane", "XDG_DATA_HOME": "data"}, 1000)
    '/home/jane/.local/share/cstar/cstar.db'
    """
    given = environ.get(_OF_A_SERVICE, "").partition(":")[0]
    if os.path.isabs(given):
        return str(Path(given, DATABASE))
    if uid == 0:
        return str(Path(OF_THE_MACHINE, DATABASE))
    data = environ.get("XDG_DATA_HOME", "")
    if os.path.isabs(data):
        return str(Path(data, "cstar", DATABASE))
    home = _home(environ, uid)
    return str(Path(home, ".local/share/cstar", DATABASE)) if home else None


def is_found_unnamed(database: str, environ: Mapping[str, str], uid: int) -> bool:
    """Whether commands find a database that nobody names, typed in a shell by its user.

    For a service root may type them too. There is no `STATE_DIRECTORY` in a shell; the folder that
    it names may be behind a link.
    """
    shell = {name: value for name, value in environ.items() if name != _OF_A_SERVICE}
    usual = [default_database(shell, uid)]
    if len(shell) < len(environ):
        usual.append(default_database({}, 0))
    return os.path.realpath(database) in {os.path.realpath(each) for each in usual if each}


def _home(environ: Mapping[str, str], uid: int) -> str | None:
    home = environ.get("HOME", "")
    if not os.path.isabs(home):
        try:
            home = pwd.getpwuid(uid).pw_dir
        except KeyError:
            return None
    return home if os.path.isabs(home) else None


def make_folder(database: str) -> None:
    """Make the folder of a database, and those above it, each for its owner alone.

    Raises OSError, with the folder that cannot be made as its file name.
    """
    folder = Path(database).parent
    for each in (*reversed(folder.parents), folder):
        if not os.path.isdir(each):
            try:
                each.mkdir(PRIVATE, exist_ok=True)
            except FileExistsError as error:  # something else, or a link that leads nowhere
                raise NotADirectoryError(error.errno, "it is not a folder", str(each)) from error
