"""A team that customers may write to, and a visitor without cookies or scripts."""

import pytest
from flask.testing import FlaskClient

from cstar_core import Helpdesk, Workspace
from cstar_web.settings import Settings
from tests.web.portal.visitor import Visitor
from tests.web.vocabulary import ManualClock


@pytest.fixture
def settings() -> Settings:
    return Settings(customer_form=("acme",), customer_form_limit="off")


@pytest.fixture
def acme(desk: Helpdesk) -> Workspace:
    return desk.workspace("acme")


@pytest.fixture
def visitor(client: FlaskClient, clock: ManualClock) -> Visitor:
    return Visitor(client, clock)
