"""Dovecot and Postfix for the tests of this folder; without them each says what it did not try."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from scripts.trials.mail_servers import Exchange, exchanging, missing

SUPPORT = "support@desk.test"
FULL = "full@customers.test"
ANN = "ann@customers.test"
USERS = {each: f"the password of {each}" for each in (SUPPORT, FULL, ANN)}


@pytest.fixture(scope="session")
def servers() -> Iterator[Exchange]:
    """Both servers, for all tests; whoever stops one starts it again."""
    reason = missing()
    if reason:
        pytest.skip(f"NOT TESTED: real mail servers. To test them: {reason}")
    with exchanging(USERS, quotas={FULL: 1}) as exchange:
        yield exchange
