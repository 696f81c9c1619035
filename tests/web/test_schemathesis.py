"""Thousands of requests made from the specification, valid and invalid: the API does as it says.

Every check of Schemathesis runs as it comes, none is relaxed.
"""

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, settings
from schemathesis import Case, Response
from schemathesis.config import SchemathesisConfig

from cstar_core import Helpdesk
from cstar_web.app import create_app
from cstar_web.settings import Settings
from tests.web.workbench import Workbench

CASES = 2_000
CONFIG = SchemathesisConfig.from_dict(
    {
        "seed": 1,
        "generation": {"deterministic": True, "max-examples": 20},
    }
)
# A mail is bytes like any other file.
schemathesis.serializer.alias("message/rfc822", "application/octet-stream")


class Stage:
    """The application under test; whose desk it serves is decided when the tests run."""

    def __init__(self) -> None:
        self.answered: Counter[int] = Counter()
        self._addresses = itertools.count(1)
        self._benches: dict[str, Workbench] = {}

    def set(self, desk: Helpdesk) -> None:
        # Rate limits are off: they answer requests for what came before, not for what is in them.
        unlimited = Settings(secret_key_limit="off", publishable_key_limit="off")
        self._desk = desk
        self._app: Flask = create_app(desk, unlimited)

    def bench(self, operation: str) -> Workbench:
        """A team of each operation's own, so that no required field or address gets in its way."""
        if operation not in self._benches:
            self._benches[operation] = self.new_bench()
        return self._benches[operation]

    def new_bench(self) -> Workbench:
        return Workbench(self._desk, self._app)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        # An address for each request, because an address may only fail to authenticate so often.
        number = next(self._addresses)
        environ["REMOTE_ADDR"] = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        return self._app(environ, start_response)


STAGE = Stage()
with TemporaryDirectory() as directory, Helpdesk.open(Path(directory) / "desk.db") as at_import:
    STAGE.set(at_import)
    SCHEMA = schemathesis.openapi.from_wsgi("/openapi.json", STAGE, config=CONFIG)


@pytest.fixture(scope="module", autouse=True)
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with Helpdesk.open(tmp_path_factory.mktemp("schemathesis") / "desk.db") as desk:
        STAGE.set(desk)
        yield


@SCHEMA.parametrize()
def test_an_operation_does_as_it_says(case: Case[Any]) -> None:
    bench = STAGE.bench(case.operation.label)
    bench.furnish(case)
    answer = case.call_and_validate(headers=bench.headers)
    STAGE.answered[answer.status_code] += 1


class Story(SCHEMA.as_state_machine()):  # type: ignore[misc]
    """Operations one after another, each on what another has made: what is made can be found, and
    what is deleted cannot."""

    def setup(self) -> None:
        self.bench = STAGE.new_bench()
        self.made: set[str] = set()

    def before_call(self, case: Case[Any]) -> None:
        if isinstance(case.body, dict) and case.body.get("required") is True:
            # A field that must have a value would have every ticket refused that comes after it.
            case.body["required"] = False
        self.bench.furnish(case, keep=self.made)
        case.headers.update(self.bench.headers)

    def after_call(self, response: Response, case: Case[Any]) -> None:
        super().after_call(response, case)
        if response.status_code == 201:
            self.made.add(response.json()["data"]["id"])
        STAGE.answered[response.status_code] += 1


TestStory = Story.TestCase
TestStory.settings = settings(
    max_examples=40,
    stateful_step_count=10,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def test_there_were_enough_cases() -> None:
    assert STAGE.answered.total() >= CASES
