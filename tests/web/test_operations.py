"""Every route says which key it needs; an app with one that does not cannot be made."""

import pytest
from flask import Flask

from cstar_core import Helpdesk
from cstar_web.app import create_app, require_operations
from cstar_web.operations import operations


def test_every_route_of_the_api_is_an_operation(app: Flask) -> None:
    declared = {(each.rule, each.method) for each in operations(app)}
    routes = {
        (rule.rule, method)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/")
    }
    assert routes and routes <= declared


def test_every_operation_declares_its_key(app: Flask) -> None:
    policies = {each.name: each.key for each in operations(app)}
    assert set(policies.values()) == {"secret", "any", "none"}
    assert [name for name, key in policies.items() if key == "none"] == [
        "getHealth",
        "getReadiness",
    ]


def test_operations_have_names_of_their_own(app: Flask) -> None:
    names = [each.name for each in operations(app)]
    assert len(set(names)) == len(names)


def test_two_apps_share_no_operations(desk: Helpdesk) -> None:
    assert operations(create_app(desk)) == operations(create_app(desk))


def test_a_route_without_a_policy_makes_no_app(desk: Helpdesk) -> None:
    app = create_app(desk)
    app.add_url_rule("/api/v1/loose", view_func=lambda: "open")
    with pytest.raises(RuntimeError, match="GET /api/v1/loose is not declared as an operation"):
        require_operations(app)


def test_writes_can_be_repeated_safely(app: Flask) -> None:
    # A file that is uploaded twice is there twice, until a message has taken one. A mail that
    # is handed over twice is known by itself.
    uploads = {"uploadAttachment", "receiveMail"}
    writing = [e for e in operations(app) if e.method != "GET" and e.name not in uploads]
    assert all(each.idempotent for each in writing)


def test_changes_and_deletions_take_conditions(app: Flask) -> None:
    # A block is there or not: nothing of it ever changes.
    lasting = {"deleteMailBlock"}
    changing = [
        each
        for each in operations(app)
        if each.method in ("PATCH", "PUT", "DELETE") and each.name not in lasting
    ]
    assert all(each.conditional for each in changing)
