"""When a mail is tried again, and how many may go before something is held to be wrong."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

GIVEN_UP = 3 * 86_400


@dataclass(frozen=True, slots=True)
class MailPace:
    """When to try again: so many seconds after each failure, then as after the last one.

    At most ``jitter``, a share of them, is added. ``give_up`` seconds after it was first due a mail
    has failed. ``chance`` gives a number from 0 to 1.
    """

    waits: tuple[int, ...] = (60, 300, 900, 1_800, 3_600, 7_200, 14_400, 21_600)
    jitter: float = 0.1
    give_up: int = GIVEN_UP
    chance: Callable[[], float] = field(default=random.random, repr=False)

    def next_due(self, since: int, attempts: int, now: int) -> int | None:
        """The instant of the next try after so many attempts; None if there is none.

        >>> pace = MailPace(jitter=0)
        >>> pace.next_due(0, 1, 10), pace.next_due(0, 20, 200_000), pace.next_due(0, 9, 259_201)
        (70, 221600, None)
        """
        if now - since >= self.give_up:
            return None
        wait = self.waits[min(attempts, len(self.waits)) - 1]
        # The last try is at the very end, not as long before it as the last wait is.
        return min(now + round(wait * (1 + self.jitter * self.chance())), since + self.give_up)


@dataclass(frozen=True, slots=True)
class Limits:
    """How many mails may go before the next is held: more of them is a loop or a mistake.

    Of an hour to one address and on one ticket, of a minute in one workspace. Mails to several
    addresses count for each of them. Automatic ones are held sooner: whoever makes a workspace
    answer many strangers must not keep back what people write.
    """

    to_address: int = 30
    on_ticket: int = 20
    in_workspace: int = 300
    automatic: int = 200


LIMITS = Limits()
