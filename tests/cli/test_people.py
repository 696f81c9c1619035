"""Inviting members with the command line."""

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
