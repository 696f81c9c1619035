"""Members and the inbox, by the command line: who gets in, and who does not any more."""

from base64 import b32decode
from collections.abc import Callable
from pathlib import Path
from time import time
from typing import Any

import pytest

from cstar_core import Helpdesk, NotFound
from cstar_core.sign_ins.codes import code_at
from cstar_web.passwords import Argon2
from tests.cli.commands import run


def test_a_member_is_invited_by_a_link_that_is_shown_once(
    database: Path, cstar_json: Callable[..., Any]
) -> None:
    told = cstar_json(
        *("member", "invite", "acme", "ada@example.com", "--role", "owner"),
        *("--url", "https://desk.example/", "--expires-in", "1h"),
    )
    beginning, _, token = told["url"].rpartition("/")
    assert beginning == "https://desk.example/inbox/welcome"
    assert (told["name"], told["role"]) == ("ada", "owner")
    with Helpdesk.open(database) as desk:
        begun = desk.sign_ins(Argon2()).accept(token, "correct horse battery")
    assert begun.member.id == told["memberId"]


def test_another_link_ends_the_one_before_it(
    database: Path, cstar_json: Callable[..., Any]
) -> None:
    first, second = (cstar_json("member", "invite", "acme", "ada@example.com") for _ in range(2))
    assert first["memberId"] == second["memberId"]
    with Helpdesk.open(database) as desk:
        sign_ins = desk.sign_ins(Argon2())
        with pytest.raises(NotFound):
            sign_ins.invitation(first["url"].rpartition("/")[2])
        assert sign_ins.invitation(second["url"].rpartition("/")[2]).is_new


def test_who_lost_the_phone_is_let_in_without_a_code(
    database: Path, cstar_json: Callable[..., Any]
) -> None:
    made = cstar_json("member", "invite", "acme", "ada@example.com")
    with Helpdesk.open(database) as desk:
        sign_ins = desk.sign_ins(Argon2())
        sign_ins.accept(made["url"].rpartition("/")[2], "correct horse battery")
        secret = b32decode(
            sign_ins.begin_second_factor(made["memberId"], "correct horse battery").secret
        )
        sign_ins.confirm_second_factor(made["memberId"], code_at(secret, int(time()) // 30))
    cstar_json("member", "invite", "acme", "ada@example.com", "--forget-second-factor")
    with Helpdesk.open(database) as desk:
        assert desk.sign_ins(Argon2()).second_factor(made["memberId"]) is None
    assert (
        run(
            *("member", "invite", "acme", "ada@example.com", "--forget-second-factor"),
            *("--database", str(database)),
        ).exit_code
        == 2
    )


@pytest.mark.parametrize(
    "url",
    [
        "",
        "desk.example",
        "ftp://desk.example",
        "https://",
        "https://a b",
        "https://u@h",
        "https://h?x",
        "https://h#x",
        "https://h:port",
        "https://[",
        "javascript:alert(1)",
    ],
)
def test_a_link_leads_to_a_server(url: str, database: Path) -> None:
    result = run(
        "member", "invite", "acme", "a@example.com", "--url", url, "--database", str(database)
    )
    assert (result.exit_code, "is not an address such as" in result.stderr) == (2, True)
    with Helpdesk.open(database) as desk:
        assert desk.workspace("acme").members.list().total == 0


def test_members_are_listed_with_how_far_they_have_come(
    database: Path, cstar: Callable[..., str], cstar_json: Callable[..., Any]
) -> None:
    assert "No member yet." in cstar("member", "list", "acme")
    made = cstar_json("member", "invite", "acme", "ada@example.com", "--role", "owner")
    cstar_json("member", "add", "acme", "Bo", "bo@example.com")
    cstar_json("member", "invite", "acme", "cy@example.com")
    with Helpdesk.open(database) as desk:
        sign_ins = desk.sign_ins(Argon2())
        sign_ins.accept(made["url"].rpartition("/")[2], "correct horse battery")
        for number in range(120):
            desk.workspace("acme").members.create(name="Many", email=f"m{number}@example.com")
    listed = cstar_json("member", "list", "acme")
    assert [(each["email"], each["hasPassword"]) for each in listed[:3]] == [
        ("ada@example.com", True),
        ("bo@example.com", False),
        ("cy@example.com", False),
    ]
    assert len(listed) == 123
    lines = cstar("member", "list", "acme").splitlines()
    assert f"{made['memberId']}  owner  ada <ada@example.com>" in lines[0]
    assert "signed in, seen 20" in lines[0]
    assert lines[1].endswith("cannot sign in")
    assert "invited until 20" in lines[2]


def test_a_member_is_signed_out_of_every_browser(
    database: Path, cstar: Callable[..., str], cstar_json: Callable[..., Any]
) -> None:
    made = cstar_json("member", "invite", "acme", "ada@example.com")
    with Helpdesk.open(database) as desk:
        sign_ins = desk.sign_ins(Argon2())
        sign_ins.accept(made["url"].rpartition("/")[2], "correct horse battery")
        begun = sign_ins.sign_in("acme", "ada@example.com", "correct horse battery")
    told = cstar("member", "sign-out", "acme", "Ada@Example.com")
    assert "Signed ada <ada@example.com> out of 2 browsers" in told
    with Helpdesk.open(database) as desk:
        assert desk.sessions.find(begun.token) is None
    assert "out of 0 browsers" in cstar("member", "sign-out", "acme", "ada@example.com")
    assert "signed out" in cstar("member", "list", "acme")


def test_an_address_is_that_of_a_member_however_its_letters_are_made(
    database: Path, cstar: Callable[..., str]
) -> None:
    with Helpdesk.open(database) as desk:
        desk.workspace("acme").members.create(name="Zoe", email="zo\u00eb@example.com")
    assert "Signed Zoe" in cstar("member", "sign-out", "acme", "zoe\u0308@example.com")


def test_nobody_is_signed_out_by_an_address_that_no_member_has(database: Path) -> None:
    done = run(
        *("member", "sign-out", "acme", "eve@example.com", "--database", str(database)),
    )
    assert done.exit_code == 2
    assert "there is no member eve@example.com" in done.stderr
