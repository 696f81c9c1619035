"""Whether all that is in the folder of a mailbox is in the ledger too, and fetching what is not."""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass, replace

from cstar_core import LETTER_BYTES_MAX, Helpdesk, MailAccount, MailPlace
from cstar_web.mail.folder import arrived_at
from cstar_web.mail.imap import Found, Imap
from cstar_web.mail.tokens import Tokens, secret_of
from cstar_web.mail.trying import connected

_MOST = 1_000_000
_BATCH = 20
_SLACK = 1_000_000


@dataclass(frozen=True, slots=True)
class Reconciled:
    """How a folder and the ledger agree: numbers of messages, and the UIDs of what is missing.

    ``left_alone`` came before the instant from which on mail is taken. ``to_come`` is behind what
    was read so far. ``failed`` are in the ledger as failures. ``fetched`` were missing or failed,
    and were fetched now.
    """

    on_server: int
    in_ledger: int
    left_alone: int
    to_come: int
    waiting: int
    failed: tuple[int, ...]
    missing: tuple[int, ...]
    fetched: tuple[int, ...] = ()
    numbered_anew: bool = False

    @property
    def is_complete(self) -> bool:
        """Whether everything that was read is accounted for."""
        return set(self.missing) <= set(self.fetched)


def reconcile(
    desk: Helpdesk,
    account: MailAccount,
    *,
    fetch: bool = False,
    context: ssl.SSLContext | None = None,
) -> Reconciled:
    """Compare the folder of a mailbox with the ledger; with ``fetch``, store what is missing.

    Raises NoToken and what a session with a server raises. Nothing is changed on the server.
    """
    server = account.mailbox.incoming
    assert server is not None  # noqa: S101 - who calls has looked
    secret, another = secret_of(account, server, Tokens(desk))
    assert secret is not None  # noqa: S101 - who calls has looked
    with connected(server, context) as wire:
        imap = Imap(wire)
        imap.begin(server, secret, context, another)
        folder = imap.open(server.folder)
        there = imap.after(0, _MOST)
        compared = _compare(desk, account, folder.uid_validity, there)
        wanted = {*compared.missing, *compared.failed} if fetch else set()
        lacking = [each for each in there if each.uid in wanted and each.size <= LETTER_BYTES_MAX]
        fetched = _fetch(desk, account, imap, folder.uid_validity, lacking)
        imap.end()
    return replace(compared, fetched=fetched)


def _compare(
    desk: Helpdesk, account: MailAccount, validity: int, there: Sequence[Found]
) -> Reconciled:
    room = desk.workspace(account.team_id, account.environment).mail
    known = room.uids(account.mailbox.id, validity)
    since = account.mailbox.incoming.since if account.mailbox.incoming else None
    anew = account.uid_validity not in (None, validity)
    last = account.last_uid if account.uid_validity == validity else 0
    left, missing, to_come = 0, [], 0
    for each in there:
        arrived = arrived_at(each.arrived)
        if each.uid in known:
            continue
        if since is not None and arrived is not None and arrived < since:
            left += 1
        elif each.uid > last:
            to_come += 1
        else:
            missing.append(each.uid)
    here = [known[each.uid] for each in there if each.uid in known]
    return Reconciled(
        on_server=len(there),
        in_ledger=len(here),
        left_alone=left,
        to_come=to_come,
        waiting=here.count("waiting"),
        failed=tuple(each.uid for each in there if known.get(each.uid) == "failed"),
        missing=tuple(missing),
        numbered_anew=anew,
    )


def _fetch(
    desk: Helpdesk, account: MailAccount, imap: Imap, validity: int, lacking: Sequence[Found]
) -> tuple[int, ...]:
    room = desk.workspace(account.team_id, account.environment).mail
    fetched: list[int] = []
    for begin in range(0, len(lacking), _BATCH):
        batch = lacking[begin : begin + _BATCH]
        for uid, content in imap.messages(batch, LETTER_BYTES_MAX + _SLACK):
            place = MailPlace(validity, uid)
            room.take(content, mailbox=account.mailbox.id, source="imap", place=place)
            fetched.append(uid)
    return tuple(fetched)
