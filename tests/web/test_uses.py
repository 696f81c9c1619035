"""The thread that writes down when keys were used."""

import logging
from datetime import datetime

import pytest
from flask.testing import FlaskClient

from cstar_core import Helpdesk
from cstar_web.uses import writing_uses
from tests.core.limits import file_size_limit
from tests.web.conftest import Api
from tests.web.sockets import wait_until

SOON = 0.02


def used_at(desk: Helpdesk) -> datetime | None:
    return desk.keys.list("acme")[0].last_used_at


def test_a_read_is_written_down_while_the_server_runs(desk: Helpdesk, api: Api) -> None:
    with writing_uses(desk, SOON):
        api.get("/tickets")
        wait_until(lambda: used_at(desk) is not None)
    assert used_at(desk) is not None


def test_a_use_is_written_down_at_the_end(desk: Helpdesk, api: Api) -> None:
    with writing_uses(desk):
        api.get("/tickets")
        assert used_at(desk) is None
    assert used_at(desk) is not None


def test_a_request_without_a_key_that_works_is_no_use(desk: Helpdesk, client: FlaskClient) -> None:
    with writing_uses(desk):
        refused = client.get("/api/v1/auth/whoami", headers={"Authorization": "Bearer sk_live_x"})
        assert refused.status_code == 401
    assert used_at(desk) is None


def test_reads_are_answered_on_a_full_disk_and_written_down_after_it(
    desk: Helpdesk, api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    with file_size_limit(0), writing_uses(desk, SOON):
        assert api.get("/tickets").status == 200
    assert used_at(desk) is None
    with writing_uses(desk, SOON):
        wait_until(lambda: used_at(desk) is not None)
    assert [each for each in caplog.records if each.levelno >= logging.WARNING] == []


def test_what_nobody_foresaw_is_logged(
    desk: Helpdesk, api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    with writing_uses(desk):
        api.get("/tickets")
        desk.close()
    assert [each.message for each in caplog.records] == ["uses of keys could not be written down"]
