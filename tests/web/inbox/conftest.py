"""A browser at the pages of the desk."""

import pytest
from flask import Flask

from tests.web.inbox.browser import Browser


@pytest.fixture
def browser(app: Flask) -> Browser:
    return Browser(app.test_client())
