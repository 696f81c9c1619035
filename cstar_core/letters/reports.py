"""Notices of what became of a mail: as RFC 3464 has them, and as other servers write them."""

import re
from collections.abc import Iterable, Iterator, Mapping

from cstar_core.letters.bodies import forwarded_headers
from cstar_core.letters.charsets import decoded
from cstar_core.letters.correspondents import correspondents
from cstar_core.letters.headers import Headers, ids_of
from cstar_core.letters.letter import ACTIONS, DeliveryReport, FailedRecipient
from cstar_core.letters.limits import HEADER_BYTES_MAX, RECIPIENTS_MAX
from cstar_core.letters.mime import Entity

_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_REPLY = re.compile(r"(?<![\d.])([45]\d\d)[ -]")
_BY_CLASS = {"2": "delivered", "4": "delayed", "5": "failed"}
_CALLED = {"failure": "failed", "fail": "failed", "delay": "delayed", "relay": "relayed"}
_DIAGNOSTIC_MAX = 500
_LINES_MAX = 2_000
_LINE_MAX = 1_000
_MESSAGE_ID = "message-id:"
# Below these lines stands the mail itself.
_COPIES = (
    *("--- below this line", "------ this is a copy", "--- original message", "----- original"),
    *("-----original", "--- the header of the original", "original message follows"),
    *("the original message", "--- returned message", "unsent message below", "--- message header"),
    *("message headers follow", "original message headers", "--- enclosed", "received:"),
)
_UNDELIVERED = (
    *("undelivered", "undeliverable", "delivery status notification", "failure notice", "warning:"),
    *("mail delivery", "message delivery", "delivery failure", "delivery failed", "delivery delay"),
    *(
        "returned mail",
        "nondeliverable",
        "non-deliverable",
        "delivery notification",
        "unzustellbar",
    ),
    *("non remis", "échec de la remise", "no se puede entregar", "mail system error", "nicht zuge"),
    *("delivery report", "impossibile recapitare", "onbestelbaar", "não entregue"),
    *("message status - undeliverable", "couldn't be delivered", "could not be delivered"),
)
_LATER = ("delay", "warning", "still trying", "will be retried", "not yet been", "verzöger")


def delivery_report(
    reported: Iterable[Entity], returned: Iterable[Entity]
) -> DeliveryReport | None:
    """What the parts of a notice say that are written for programs."""
    recipients: dict[str, FailedRecipient] = {}
    for entity in reported:
        if entity.type.endswith("delivery-status"):
            for block in _blocks(decoded(entity.content[:HEADER_BYTES_MAX])):
                if (each := _recipient(block)) and len(recipients) < RECIPIENTS_MAX:
                    recipients.setdefault(each.address.lower(), each)
    if not recipients:
        return None
    return DeliveryReport(tuple(recipients.values()), original_id(returned))


def loose_report(headers: Headers, text: str) -> DeliveryReport | None:
    """What a mail server says in a text for people; None if it says nothing of the kind."""
    subject = headers.text("subject").lower()
    named = correspondents(headers.all("x-failed-recipients"), RECIPIENTS_MAX)
    if not named and not subject.startswith(_UNDELIVERED):
        return None
    lines = [line[:_LINE_MAX] for line in text.split("\n", _LINES_MAX)[:_LINES_MAX]]
    notice = list(_before_copy(lines))
    action = "delayed" if any(each in subject for each in _LATER) else "failed"
    told = {each.address.lower(): each for each in _told(notice, action)}
    reason = _diagnostic(" ".join(notice))
    status = _status(" ".join(notice))
    for each in named:
        key = each.address.lower()
        told.setdefault(key, FailedRecipient(each.address, action, status, reason))
    known = [key for key in told if not named or any(key == n.address.lower() for n in named)]
    recipients = tuple(told[key] for key in known[:RECIPIENTS_MAX])
    return DeliveryReport(recipients, _id_in(lines[len(notice) :]))


def original_id(returned: Iterable[Entity]) -> str | None:
    """The Message-ID of a mail, or its headers, in a part."""
    for entity in returned:
        if ids := ids_of(forwarded_headers(entity).all("message-id")):
            return ids[0]
    return None


def _blocks(text: str) -> Iterator[Mapping[str, str]]:
    """Fields between blank lines."""
    block: dict[str, str] = {}
    name = ""
    for line in text.split("\n"):
        if not line.strip():
            yield block
            block, name = {}, ""
        elif line[0] in " \t" and name:
            block[name] = f"{block[name]} {line.strip()}"[:_LINE_MAX]
        else:
            name, _, value = line.partition(":")
            name = name.strip().lower()
            block.setdefault(name, value.strip()[:_LINE_MAX])
    yield block


def _recipient(block: Mapping[str, str]) -> FailedRecipient | None:
    # The address to which the mail was sent, not the one to which somebody had it forwarded.
    names = ("original-recipient", "final-recipient", "x-actual-recipient")
    found = (_address(block[name]) for name in names if name in block)
    address = next((each for each in found if each), "")
    if not address:
        return None
    diagnostic = block.get("diagnostic-code", "")
    status = _status(block.get("status", "")) or _status(diagnostic)
    said = block.get("action", "").lower().split("(")[0].split(";")[0].strip()
    action = _CALLED.get(said, said)
    if action not in ACTIONS:
        action = _BY_CLASS.get(status[:1], "")
    kind, mark, rest = diagnostic.partition(";")
    shown = rest if mark and len(kind) < len("x-unknown-mta") else diagnostic
    return FailedRecipient(address, action, status, _diagnostic(shown))


def _address(text: str) -> str:
    bare = text.partition(";")[2] or text
    found = correspondents([bare.encode("utf-8", "replace")], 1)
    return found[0].address if found else ""


def _told(lines: list[str], action: str) -> Iterator[FailedRecipient]:
    """Addresses that stand at the beginning of a line, with what stands below each of them."""
    for number, line in enumerate(lines):
        bare = line.strip()
        word = bare.split(" ")[0].strip("<>:;,()\"'") if bare else ""
        alone = bare.startswith("<") or len(bare) <= len(word) + 4
        if "@" not in word or not alone or not (address := _address(word)):
            continue
        reason = [bare.partition(word)[2].strip("<>: ")]
        for below in lines[number + 1 : number + 6]:
            if not below.strip():
                break
            reason.append(below.strip())
        said = " ".join(reason)
        yield FailedRecipient(address, action, _status(said), _diagnostic(said))


def _before_copy(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        if line.strip().lower().startswith(_COPIES):
            return
        yield line


def _id_in(lines: Iterable[str]) -> str | None:
    for line in lines:
        bare = line.lstrip("> ")
        if bare.lower().startswith(_MESSAGE_ID):
            ids = ids_of([bare[len(_MESSAGE_ID) :].encode("utf-8", "replace")])
            return ids[0] if ids else None
    return None


def _status(text: str) -> str:
    found = _STATUS.search(text)
    if found:
        return found[1]
    reply = _REPLY.search(text)
    return f"{reply[1][0]}.0.0" if reply else ""


def _diagnostic(text: str) -> str:
    return " ".join(text.split())[:_DIAGNOSTIC_MAX]
