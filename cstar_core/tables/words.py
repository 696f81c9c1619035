"""The words of the small enumerations; a row holds a word's place in its tuple."""

ENVIRONMENTS = ("live", "test")
KEY_TYPES = ("secret", "publishable")
ROLES = ("owner", "agent", "viewer")
STATUSES = ("new", "open", "pending", "resolved", "closed")
PRIORITIES = ("low", "normal", "high", "urgent")
SENDERS = ("customer", "agent", "system")
ACTOR_TYPES = ("system", "key", "member")
DELIVERY_STATUSES = ("pending", "delivered", "failed")
MAIL_SOURCES = ("api", "imap", "lmtp", "pipe", "import")
MAIL_VERDICTS = (
    *("waiting", "ticket", "reply", "bounce", "automatic"),
    *("duplicate", "ignored", "spam", "failed"),
)
THREADINGS = ("reply_address", "in_reply_to", "references", "subject", "new", "moved")
OUTGOING_KINDS = ("reply", "first_answer")
OUTGOING_STATES = ("queued", "sent", "deferred", "failed", "bounced", "held")
