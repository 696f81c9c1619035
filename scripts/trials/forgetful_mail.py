"""A desk that notes an answer as sent half a second before it is: the control of the mail."""

import time
from collections.abc import Mapping

from cstar_core import MailOutbox, MailParcel, MailReply
from cstar_web.__main__ import main as cstar
from scripts.trials import hasty

_TAKE = "take"
_PAUSE = 0.5


def main() -> None:
    """Run `cstar` with the arguments given, with such an outbox."""
    hasty.hurry()
    take = MailOutbox.take

    def taken_for_sent(outbox: MailOutbox, limit: int) -> list[MailParcel]:
        parcels = take(outbox, limit)
        for parcel in parcels:
            outbox.render(parcel)
            replies: Mapping[str, MailReply] = dict.fromkeys(
                parcel.recipients, MailReply("sent", "250")
            )
            outbox.settle(parcel, replies)
            outbox._flying[parcel.mail] = parcel.mailbox
        if parcels:
            time.sleep(_PAUSE)
        return parcels

    setattr(MailOutbox, _TAKE, taken_for_sent)
    cstar()


if __name__ == "__main__":
    main()
