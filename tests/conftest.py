"""What holds for the whole suite: programs that tests start hear the signals that they are sent,
and are not traced where a test itself is not.
"""

import signal
from collections.abc import Iterator

import pytest

# Whoever starts the suite in the background, or by nohup, has these ignored, and so has every
# program that inherits it. A handler is not inherited; this one lets the suite itself go on.
for _number in (signal.SIGHUP, signal.SIGINT):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, lambda *_: None)


@pytest.fixture(autouse=True)
def _programs(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let a test that says no_cover start programs without coverage, which doubles what they cost.

    Such tests go through what others cover, often and in new ways.
    """
    if request.node.get_closest_marker("no_cover") is None:
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
        yield
