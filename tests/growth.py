"""How the work of a function grows with its input, told by the processor's time alone."""

import gc
import time
from collections.abc import Callable


def cost(run: Callable[[], object], runs: int = 3) -> float:
    """The fewest of the processor's seconds that some runs took."""
    taken = []
    # As timeit does: a run may otherwise pay for looking through what all other tests keep.
    gc.disable()
    try:
        for _ in range(runs):
            began = time.thread_time()
            run()
            taken.append(time.thread_time() - began)
    finally:
        gc.enable()
    return min(taken)


def grows_with(run: Callable[[int], object], short: int, long: int) -> bool:
    """Whether the work grows about as its size does, not as the square of it.

    Four times as much is let pass, since caches and other programs blur it, so ``long`` should be
    many times ``short``.
    """
    run(short)
    return cost(lambda: run(long)) < 4 * long / short * cost(lambda: run(short)) + 0.05
