"""The product, but what went wrong with a mail server is tried again at once, and given up soon.

The product waits longer and longer, which is right where a server is away for hours, and would make
a trial of minutes one of days.
"""

from functools import partial

from cstar_web.__main__ import main as cstar
from cstar_web.mail import serving
from cstar_web.mail.fetching import FetchPace

MODULE = "scripts.trials.hasty"
_BUDGET = 4.0


def main() -> None:
    """Run `cstar` with the arguments given."""
    pace = FetchPace(
        ask=0.5, wait=20.0, first=0.2, most=1.0, refused=0.5, connect=_BUDGET, answer=_BUDGET
    )
    serving.MailService = partial(serving.MailService, pace=pace)  # type: ignore[misc,assignment]
    cstar()


if __name__ == "__main__":
    main()
