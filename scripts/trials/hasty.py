"""The product, but what went wrong with a mail server is tried again at once, and given up soon.

The product waits longer and longer, which is right where a server is away for hours, and would make
a trial of minutes one of days.
"""

from functools import partial

from cstar_core import MailPace
from cstar_web.__main__ import main as cstar
from cstar_web.mail import posting, sending, serving
from cstar_web.mail.fetching import FetchPace

MODULE = "scripts.trials.hasty"
_BUDGET = 4.0


def hurry() -> None:
    """Let all that is done for mail be tried again at once."""
    fetching = FetchPace(
        ask=0.5, wait=20.0, first=0.2, most=1.0, refused=0.5, connect=_BUDGET, answer=_BUDGET
    )
    hasty = {
        (serving, "MailService"): partial(serving.MailService, pace=fetching),
        (posting, "posting"): partial(posting.posting, pace=MailPace(waits=(1,))),
        (sending, "send_mail"): partial(sending.send_mail, budget=_BUDGET),
    }
    for (module, name), made in hasty.items():
        setattr(module, name, made)


def main() -> None:
    """Run `cstar` with the arguments given."""
    hurry()
    cstar()


if __name__ == "__main__":
    main()
