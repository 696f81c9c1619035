"""Words for what became of a mail, and why."""

from cstar_web.inbox.languages import say

VERDICT_WORDS = {
    "waiting": say("Waits to be read"),
    "ticket": say("New ticket"),
    "reply": say("Reply"),
    "bounce": say("Notice on a delivery"),
    "automatic": say("Automatic"),
    "duplicate": say("Came twice"),
    "ignored": say("Ignored"),
    "spam": say("Spam"),
    "failed": say("Not readable"),
}
# How a badge for it looks.
VERDICT_LOOKS = {
    "waiting": "pending",
    "ticket": "new",
    "reply": "open",
    "spam": "bad",
    "failed": "bad",
}
THREADING_WORDS = {
    "reply_address": say("It was sent to the reply address of this ticket."),
    "in_reply_to": say("It answers a mail of this ticket (In-Reply-To)."),
    "references": say("It refers to a mail of this ticket (References)."),
    "subject": say("Its subject names the ticket, and its sender takes part in it."),
    "new": say("Nothing in it belongs to an earlier ticket."),
    "moved": say("Somebody has moved it here."),
}
REASON_WORDS = {
    "automatic": say("A program sent it, so it is never answered by itself."),
    "list": say("It came by a mailing list, so it is never answered by itself."),
    "null_return_path": say("It has no return path, so it is never answered by itself."),
    "loop": say("A helpdesk has answered it before, so it is never answered by itself."),
    "delivery_failed": say("It tells that a mail of this ticket could not be delivered."),
    "delivery_report": say("It tells what became of a mail of this ticket."),
    "unknown_delivery": say("It tells of the delivery of a mail that was not sent from here."),
    "lost": say("Its file is missing on the server, or damaged. A backup may have it."),
    "delivered_twice": say("The same mail came before."),
    "own_mail": say("It was sent from here."),
    "blocked": say("Its sender is blocked."),
    "spam_flag": say("A mail server has marked it as spam."),
    "dmarc": say("Its sender could not be verified (DMARC)."),
    "marked": say("Somebody has filed it as spam."),
}
SOURCE_WORDS = {
    "api": say("By the API"),
    "imap": say("Fetched by IMAP"),
    "lmtp": say("Delivered by LMTP or SMTP"),
    "pipe": say("By cstar mail pipe"),
    "import": say("Imported"),
}
PROTECTION_WORDS = {"signed": say("Signed"), "encrypted": say("Encrypted")}
NATURE_WORDS = {
    "automatic": say("Automatic"),
    "list": say("Mailing list"),
    "bounce": say("Notice on a delivery"),
}
STATE_WORDS = {
    "queued": say("In line"),
    "sent": say("Sent"),
    "deferred": say("Is tried again"),
    "failed": say("Not delivered"),
    "bounced": say("Came back"),
    "held": say("Held back"),
}
STATE_LOOKS = {
    "queued": "pending",
    "sent": "open",
    "deferred": "pending",
    "failed": "bad",
    "bounced": "bad",
    "held": "pending",
}
KIND_WORDS = {"reply": say("Reply"), "first_answer": say("First answer")}


def words_of_mail() -> dict[str, object]:
    """What a template needs to tell of mails."""
    return {
        "kind_words": KIND_WORDS,
        "nature_words": NATURE_WORDS,
        "protection_words": PROTECTION_WORDS,
        "reason_words": REASON_WORDS,
        "source_words": SOURCE_WORDS,
        "state_looks": STATE_LOOKS,
        "state_words": STATE_WORDS,
        "threading_words": THREADING_WORDS,
        "verdict_looks": VERDICT_LOOKS,
        "verdict_words": VERDICT_WORDS,
    }
