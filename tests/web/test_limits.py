"""How often a key may ask, and that a clock set back locks nobody out."""

import time

import pytest
from flask.testing import FlaskClient

from cstar_core import Helpdesk, Key
from cstar_web.app import create_app
from cstar_web.limits import MonotonicStorage, RateLimits
from cstar_web.settings import Settings
from cstar_web.windows import OwnWindows, SharedWindows
from tests.web.vocabulary import Answer, Api, Keyring, ManualClock

WHOAMI = "/api/v1/auth/whoami"
HEADERS = ("Limit", "Remaining", "Reset", "Window")


def limited(desk: Helpdesk, key: str, limit: str) -> Api:
    """A client with a key, of an app where keys of both types have this limit."""
    settings = Settings(secret_key_limit=limit, publishable_key_limit=limit)
    return Api(create_app(desk, settings).test_client(), key)


def told(answer: Answer) -> list[int]:
    """Limit, remaining, reset and window as the headers tell them."""
    return [int(answer.headers[f"X-RateLimit-{name}"]) for name in HEADERS]


def test_a_secret_key_may_ask_a_thousand_times_an_hour(api: Api) -> None:
    limit, remaining, reset, window = told(api.send("GET", WHOAMI))
    assert (limit, remaining, window) == (1000, 999, 3600)
    assert 3590 < reset - time.time() <= 3601


def test_a_publishable_key_may_ask_a_hundred_times_an_hour(reader: Api) -> None:
    assert told(reader.send("GET", WHOAMI))[:2] == [100, 99]


def test_every_authenticated_answer_tells_what_is_left(api: Api) -> None:
    answers = [
        api.get("/tickets"),
        api.get("/tickets/nothing"),
        api.get("/tickets?page=0"),
        api.post("/tickets", {}),
        api.send("GET", "/api/v1/teams/other/tickets"),
    ]
    assert [told(answer)[1] for answer in answers] == [999, 998, 997, 996, 995]
    assert [answer.status for answer in answers] == [200, 404, 400, 400, 403]


def test_answers_without_a_key_tell_nothing_of_limits(stranger: Api) -> None:
    answers = [stranger.send("GET", WHOAMI), stranger.send("GET", "/healthz")]
    assert not [name for each in answers for name, _ in each.headers if "Rate" in name]


def test_one_request_too_many_is_refused(desk: Helpdesk, keyring: Keyring) -> None:
    api = limited(desk, keyring.secret, "2/minute")
    statuses = [api.send("GET", WHOAMI).status for _ in range(2)]
    answer = api.send("GET", WHOAMI)
    wait = int(answer.headers["Retry-After"])
    assert statuses == [200, 200]
    assert 0 < wait <= 60
    assert answer.refusal == (
        429,
        "rate_limit_exceeded",
        f"Rate limit exceeded. Try again in {wait} seconds",
    )
    assert (answer.error["type"], answer.error["retryAfter"]) == ("rate_limit_error", wait)
    assert told(answer)[:2] == [2, 0]


def test_a_limit_is_each_keys_own(desk: Helpdesk, keyring: Keyring) -> None:
    api = limited(desk, keyring.secret, "1/minute")
    first = api.send("GET", WHOAMI).status
    second = Api(api.client, keyring.test).send("GET", WHOAMI).status
    assert (first, second) == (200, 200)


def test_a_limit_is_each_apps_own(desk: Helpdesk, keyring: Keyring) -> None:
    apps = [limited(desk, keyring.secret, "1/minute") for _ in range(2)]
    assert [api.send("GET", WHOAMI).status for api in apps] == [200, 200]


def test_the_tightest_of_several_limits_is_told(desk: Helpdesk, keyring: Keyring) -> None:
    api = limited(desk, keyring.secret, "3/minute;5000/hour")
    assert told(api.send("GET", WHOAMI))[::3] == [3, 60]


def test_the_last_of_several_limits_can_be_the_tightest(desk: Helpdesk, keyring: Keyring) -> None:
    api = limited(desk, keyring.secret, "50/minute;5/hour")
    assert told(api.send("GET", WHOAMI))[::3] == [5, 3600]


def test_limits_can_be_switched_off(desk: Helpdesk, keyring: Keyring) -> None:
    answer = limited(desk, keyring.secret, "off").send("GET", WHOAMI)
    assert answer.status == 200
    assert not [name for name, _ in answer.headers if "RateLimit" in name]


def test_a_window_ends(desk: Helpdesk, keyring: Keyring) -> None:
    api = limited(desk, keyring.secret, "1/second")
    first, second = api.send("GET", WHOAMI).status, api.send("GET", WHOAMI).status
    time.sleep(1.05)
    assert (first, second, api.send("GET", WHOAMI).status) == (200, 429, 200)


def test_thirty_failures_a_minute_are_answered_as_such(client: FlaskClient) -> None:
    answers = [Answer(client.get(WHOAMI)) for _ in range(32)]
    assert [answer.status for answer in answers] == [401] * 30 + [429] * 2
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60


def test_a_key_that_works_is_not_held_to_others_failures(client: FlaskClient, api: Api) -> None:
    for _ in range(31):
        client.get(WHOAMI)
    assert api.send("GET", WHOAMI).status == 200


@pytest.mark.parametrize(
    ("first", "second", "shared"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("", "nonsense", True),
    ],
)
def test_failures_count_by_address(
    client: FlaskClient, first: str, second: str, shared: bool
) -> None:
    for _ in range(30):
        client.get(WHOAMI, environ_base={"REMOTE_ADDR": first})
    status = client.get(WHOAMI, environ_base={"REMOTE_ADDR": second}).status_code
    assert status == (429 if shared else 401)


def test_a_window_follows_a_clock_that_nobody_sets() -> None:
    clock = ManualClock()
    storage = MonotonicStorage(windows=OwnWindows(lambda: clock.now.timestamp()))
    counts = [storage.incr("key", 60), storage.incr("key", 60)]
    clock.tick(seconds=60)
    assert (counts, storage.get("key"), storage.incr("key", 60)) == ([1, 2], 0, 1)


def test_a_wall_clock_set_back_does_not_move_the_end_of_a_window(
    monkeypatch: pytest.MonkeyPatch, desk: Helpdesk, keyring: Keyring
) -> None:
    api = limited(desk, keyring.secret, "1/minute")
    api.send("GET", WHOAMI)
    past = time.time() - 3600
    monkeypatch.setattr(time, "time", lambda: past)
    answer = api.send("GET", WHOAMI)
    assert answer.status == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 60


def test_a_storage_can_forget_every_window() -> None:
    storage = MonotonicStorage()
    storage.incr("key", 60)
    assert (storage.reset(), storage.get("key")) == (1, 0)


def test_a_storage_can_forget_one_window() -> None:
    storage = MonotonicStorage()
    storage.incr("key", 60)
    storage.clear("key")
    assert storage.get("key") == 0
    assert storage.check()


def test_a_refused_request_does_not_use_up_the_longer_limit(desk: Helpdesk) -> None:
    limits = RateLimits(Settings(secret_key_limit="1/minute;5/hour"))
    key: Key = desk.keys.list("acme")[0]
    waits = [limits.charge(key)[1] > 0 for _ in range(9)]
    assert waits == [False] + [True] * 8
    assert dict(limits.charge(key)[0])["X-RateLimit-Limit"] == "1"


def test_apps_can_share_their_windows(desk: Helpdesk) -> None:
    windows = SharedWindows()
    limits = [RateLimits(Settings(secret_key_limit="5/minute"), windows) for _ in range(2)]
    key: Key = desk.keys.list("acme")[0]
    answers = [limits[turn % 2].charge(key) for turn in range(7)]
    left = [int(dict(headers)["X-RateLimit-Remaining"]) for headers, _ in answers]
    assert left == [4, 3, 2, 1, 0, 0, 0]
    assert [wait > 0 for _, wait in answers] == [False] * 5 + [True] * 2


def test_a_storage_of_counters_has_no_failures_of_its_own() -> None:
    assert MonotonicStorage().base_exceptions is ValueError
