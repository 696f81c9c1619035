"""How often a key may ask, and how often an address may fail to name a key."""

import math
from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask_limiter import Limiter
from limits import RateLimitItemPerMinute, parse_many
from limits.storage import Storage

from cstar_core import Key, utc_now
from cstar_web.errors import too_many
from cstar_web.settings import OFF, Settings
from cstar_web.windows import OwnWindows, Windows

Headers = tuple[tuple[str, str], ...]

FAILURES_PER_MINUTE = 30


@dataclass(frozen=True, slots=True)
class _Limit:
    """So many requests in a window of so many seconds; `prefix` comes before a key's id in the
    name of its counter."""

    prefix: str
    amount: int
    seconds: int

    def headers(self, remaining: int, reset: float) -> Headers:
        return (
            ("X-RateLimit-Limit", str(self.amount)),
            ("X-RateLimit-Remaining", str(remaining)),
            ("X-RateLimit-Reset", str(math.ceil(reset))),
            ("X-RateLimit-Window", str(self.seconds)),
        )


class MonotonicStorage(Storage):
    """Counters whose windows end by a clock that nobody sets.

    The storage that comes with the limiter follows the wall clock: set back by an hour, it keeps
    a key locked out for that hour. It also starts a thread per request to forget old windows.
    """

    STORAGE_SCHEME = ["monotonic"]  # noqa: RUF012 - declared so by the base class

    def __init__(
        self,
        uri: str | None = None,
        wrap_exceptions: bool = False,
        windows: Windows | None = None,
        **options: float | str | bool,
    ) -> None:
        super().__init__(uri, wrap_exceptions, **options)
        self._windows = OwnWindows() if windows is None else windows

    @property
    def base_exceptions(self) -> type[Exception]:
        """What a failing storage would raise; memory does not fail."""
        return ValueError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count; a window opens with the first request in it."""
        return self._windows.add(key, expiry, amount)

    def get(self, key: str) -> int:
        """What was counted in the present window."""
        return self._windows.count(key)

    def get_expiry(self, key: str) -> float:
        """When the window ends, as the wall clock reads now."""
        return utc_now().timestamp() + self._windows.left(key)

    def check(self) -> bool:
        """Whether the storage works."""
        return True

    def reset(self) -> int:
        """Forget everything; the number of windows that were forgotten."""
        return self._windows.forget_all()

    def clear(self, key: str) -> None:
        """Forget one window."""
        self._windows.forget(key)


class RateLimits:
    """The limits of one app, by type of key; its own, or shared through `windows`."""

    def __init__(self, settings: Settings, windows: Windows | None = None) -> None:
        options: dict[str, Any] = {"windows": windows}
        # The limiter's hooks on an app would look for limits by route in every request. Ours go
        # by key, so it is set up on an app that answers nothing and its storage is asked here.
        limiter = Limiter(
            lambda: "",
            app=Flask("limits"),
            storage_uri="monotonic://",
            storage_options=options,
            strategy="fixed-window",
        )
        self._strategy = limiter.limiter
        self._storage = limiter.storage
        self._by_type = {
            "secret": _parse(settings.secret_key_limit),
            "publishable": _parse(settings.publishable_key_limit),
        }
        self._forms = _parse(settings.customer_form_limit)
        self._failures = RateLimitItemPerMinute(FAILURES_PER_MINUTE)

    def charge(self, key: Key) -> tuple[Headers, int]:
        """Count a request of a key: the headers to send, and the seconds to wait (0: go on)."""
        tightest: tuple[int, _Limit, str] | None = None
        for limit in self._by_type[key.type]:
            counter = limit.prefix + key.id
            # As the strategy does it; what it tells of the window would be read once more.
            remaining = limit.amount - self._storage.incr(counter, limit.seconds)
            if remaining < 0:
                reset = self._storage.get_expiry(counter)
                return limit.headers(0, reset), _seconds_until(reset)
            if tightest is None or remaining < tightest[0]:
                tightest = remaining, limit, counter
        if tightest is None:
            return (), 0
        remaining, limit, counter = tightest
        return limit.headers(remaining, self._storage.get_expiry(counter)), 0

    def charge_form(self, network: str) -> None:
        """Count a form that a customer sends; raises the 429 if their network sent too many."""
        for limit in self._forms:
            counter = f"{limit.prefix}form {network}"
            if self._storage.incr(counter, limit.seconds) > limit.amount:
                raise too_many(_seconds_until(self._storage.get_expiry(counter)))

    def charge_failure(self, network: str) -> None:
        """Count a failed authentication; raises the 429 once there were too many."""
        if not self._strategy.hit(self._failures, network):
            reset = self._strategy.get_window_stats(self._failures, network).reset_time
            raise too_many(_seconds_until(reset))


def _parse(limit: str) -> tuple[_Limit, ...]:
    items = () if limit == OFF else tuple(parse_many(limit))
    return tuple(_Limit(item.key_for(""), item.amount, item.get_expiry()) for item in items)


def _seconds_until(reset: float) -> int:
    return max(1, math.ceil(reset - utc_now().timestamp()))
