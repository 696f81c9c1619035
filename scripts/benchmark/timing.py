"""Time calls in this process: many short batches of each, in turns, so that noise hits all."""

import statistics
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TypeVar

Job = Callable[[], object]
Key = TypeVar("Key", bound=Hashable)

_BATCH_SECONDS = 0.02
_WARM_UPS = 3
# A call that is slow is timed less often, but never less than this.
_PATIENCE = 2.0
_LEAST = 3


def time_in_turns(jobs: Mapping[Key, Job], batches: int) -> dict[Key, list[float]]:
    """Microseconds of a call of each job, once for each of its batches."""
    sizes = {key: _batch_size(job) for key, job in jobs.items()}
    found: dict[Key, list[float]] = {key: [] for key in jobs}
    spent = dict.fromkeys(jobs, 0.0)
    for _ in range(batches):
        for key, job in jobs.items():
            if spent[key] > _PATIENCE and len(found[key]) >= _LEAST:
                continue
            seconds = _time(job, sizes[key])
            spent[key] += seconds
            found[key].append(seconds / sizes[key] * 1e6)
    return found


def median_ratio(samples: Sequence[float], base: Sequence[float]) -> float:
    """The middle one of the ratios of batches that were timed one after another."""
    return statistics.median(one / other for one, other in zip(samples, base, strict=False))


def _batch_size(job: Job) -> int:
    quickest = min(_time(job, 1) for _ in range(_WARM_UPS))
    return max(1, min(2_000, int(_BATCH_SECONDS / quickest)))


def _time(job: Job, times: int) -> float:
    started = time.perf_counter()
    for _ in range(times):
        job()
    return time.perf_counter() - started
