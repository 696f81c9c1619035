"""Ugly values in every parameter of every route: no answer of 500, and nothing is kept changed."""

import contextlib
import json
import logging
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from io import BytesIO
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from flask import Flask

from cstar_core import Helpdesk
from cstar_web import operations
from cstar_web.app import create_app
from cstar_web.settings import Settings
from scripts.trials.fuzzing import Fuzzer
from scripts.trials.section import Failures, Outcome, Section, Trial

# A team grows slower with what it was made to keep, so there is a new one now and then.
_ROUNDS_OF_A_TEAM = 40
_UNLIMITED = Settings(secret_key_limit="off", publishable_key_limit="off")  # noqa: S106


def run(trial: Trial) -> Sequence[Outcome]:
    """The app, and two that are known to be wrong."""
    good = _fuzz(trial, "input", trial.amount(80, 3_600), lambda app: app)
    normal = _fuzz(trial, "normalized", trial.amount(10, 40), _Normalizing)
    with _lenient_reader():
        lenient = _fuzz(trial, "lenient", trial.amount(10, 40), lambda app: app)
    return [_answers(good, lenient), _kept(good, normal)]


def _fuzz(trial: Trial, name: str, rounds: int, wrap: Callable[[Flask], Any]) -> list[Fuzzer]:
    trial.progress.step(f"{name}: {rounds} rounds")
    tried: list[Fuzzer] = []
    with Helpdesk.open(trial.folder(name) / "desk.db") as desk:
        app = wrap(create_app(desk, _UNLIMITED))
        with _quiet():
            for number in range(rounds):
                if number % _ROUNDS_OF_A_TEAM == 0:
                    tried.append(Fuzzer(desk, app, trial.random(name, number)))
                    list(tried[-1].many_filters())
                trial.progress.now(f"{name}: round {number + 1} of {rounds}")
                tried[-1].round()
    return tried


def _answers(good: list[Fuzzer], lenient: list[Fuzzer]) -> Outcome:
    seen = sum(len(each.failed) for each in lenient)
    return Outcome(
        "ugly values in every parameter of every route",
        sum(each.sent for each in good),
        _told(line for each in good for line in each.failed),
        "no answer of 500, each in its envelope",
        f"an app that reads JSON as Python does: {seen} wrong answers",
        bites=seen > 0,
    )


def _kept(good: list[Fuzzer], normal: list[Fuzzer]) -> Outcome:
    seen = sum(len(each.changed) for each in normal)
    return Outcome(
        "values that were accepted, read back",
        sum(each.written for each in good),
        _told(line for each in good for line in each.changed),
        "each the same when it is read back",
        f"an app that brings text to one form of Unicode: {seen} differences",
        bites=seen > 0,
    )


def _told(lines: Iterable[str]) -> tuple[str, ...]:
    failures = Failures()
    for line in lines:
        failures.add(line)
    return failures.told()


class _Normalizing:
    """The app behind something that means well: it composes accents in what is sent."""

    def __init__(self, app: Flask) -> None:
        self.flask = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        body = environ["wsgi.input"].read()
        with contextlib.suppress(ValueError, RecursionError):
            read = json.dumps(json.loads(body), ensure_ascii=False)
            body = unicodedata.normalize("NFC", read).encode()
        environ["wsgi.input"] = BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        return self.flask(environ, start_response)


@contextlib.contextmanager
def _lenient_reader() -> Iterator[None]:
    strict = vars(operations)["parse_object"]
    vars(operations)["parse_object"] = json.loads
    try:
        yield
    finally:
        vars(operations)["parse_object"] = strict


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The controls log a traceback for each of their failures."""
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


SECTION = Section("input", "ugly values in every parameter of every route, and read back", run)
