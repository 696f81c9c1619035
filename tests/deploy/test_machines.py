"""The walk of docs/operating.md, typed into machines of their own: the service under systemd, its
backups, a new version, and a restore on another machine."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.deploy.machines import boot, need_machine
from tests.documents import read

pytestmark = pytest.mark.no_cover

_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LOOK = """
find /var/lib/private -printf '%M %u %p\\n'
systemctl show cstar --property=MainPID,Type,ActiveState,NRestarts
systemctl stop cstar
ls /var/lib/cstar
journalctl -u cstar --no-pager
"""


def commands(*headings: str) -> str:
    """What root types, as the sections of the document show it."""
    found = []
    for heading in headings:
        (section,) = re.findall(
            rf"^##+ {heading}\n(.*?)(?=^##+ )", read("docs/operating.md"), re.MULTILINE | re.DOTALL
        )
        found += _BLOCK.findall(section)
    return "\n".join(found)


@dataclass(frozen=True)
class Walk:
    """What two machines printed: the first is made and backed up, the second gets its backup."""

    first: str
    second: str
    folder: Path


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Walk:
    need_machine()
    first, second = (tmp_path_factory.mktemp(each) for each in ("first", "second"))
    printed = boot(
        first,
        commands("The program", "The service", "Backups", "Watching over it", "A new version")
        + "cp -aL /var/lib/cstar-backups backups"
        + _LOOK,
    )
    backups = sorted(first.glob("backups/cstar-*"))
    restoring = commands("On another machine")
    if backups:
        restoring = restoring.replace("cstar-2026-02-02T030000Z", backups[-1].name)
        (second / "backups").mkdir()
        backups[-1].rename(second / "backups" / backups[-1].name)
    script = commands("The program", "The service").replace('cstar team create "Acme Support"', "")
    return Walk(printed, boot(second, script + restoring + "cstar team list" + _LOOK), first)


def test_every_command_of_the_walk_works(walk: Walk) -> None:
    assert walk.first.endswith("The end.\n"), walk.first
    assert walk.second.endswith("The end.\n"), walk.second


def test_the_service_says_when_it_is_ready_and_is_never_restarted(walk: Walk) -> None:
    assert "Type=notify\n" in walk.first
    assert "ActiveState=active\n" in walk.first
    assert "NRestarts=0\n" in walk.first


def test_all_files_are_the_service_s_own_and_nobody_else_reads_them(walk: Walk) -> None:
    found = re.findall(r"^([d-]\S{9}) (\S+) /var/lib/private/(cstar\S*)$", walk.first, re.MULTILINE)

    assert len(found) > 8
    assert {mode[4:] for mode, _, _ in found} == {"------"}
    owners = {owner for _, owner, _ in found}
    assert len(owners) == 1 and "root" not in owners


def test_a_clean_end_leaves_the_log_folded_in(walk: Walk) -> None:
    assert re.search(r"^cstar\.db$", walk.first, re.MULTILINE)
    assert not re.search(r"^cstar\.db-wal$", walk.first, re.MULTILINE)
    assert "Deactivated successfully" in walk.first


def test_the_backup_can_be_restored_where_it_was_made(walk: Walk) -> None:
    assert re.search(r"cstar-\S+Z is whole: 0 tickets", walk.first)


def test_the_numbers_are_served_beside_the_api(walk: Walk) -> None:
    assert re.search(r"^cstar_disk_free_bytes \d+", walk.first, re.MULTILINE)


def test_the_desk_is_on_the_other_machine(walk: Walk) -> None:
    assert "Acme Support" in walk.second
    assert walk.second.count("/readyz: ok") == 2
