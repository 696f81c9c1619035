"""Copies of the process that runs the tests: to be killed at a moment, or to work at once."""

import os
import signal
import traceback
from collections.abc import Callable

# A copy has one thread. A lock that another thread held meanwhile stays taken in it, and to wait
# for that would never end. So a copy has this long, in seconds.
LONGEST = 60


def fork(work: Callable[[], object]) -> int:
    """Begin this in a copy of the process; its number, for :func:`status_of`."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(LONGEST)
        work()
        status = 0
    except Exception:
        traceback.print_exc()
    finally:
        os._exit(status)


def status_of(child: int) -> int:
    """What this copy ended with: 0 if all went well, minus the number of the signal it died of."""
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in (0, -signal.SIGKILL), f"a copy of the process ended with {status}"
    return status
