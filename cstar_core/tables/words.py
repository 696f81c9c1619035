"""The words of the small enumerations; a row holds a word's place in its tuple."""

ENVIRONMENTS = ("live", "test")
KEY_TYPES = ("secret", "publishable")
ROLES = ("owner", "agent", "viewer")
STATUSES = ("new", "open", "pending", "resolved", "closed")
PRIORITIES = ("low", "normal", "high", "urgent")
SENDERS = ("customer", "agent", "system")
ACTOR_TYPES = ("system", "key", "member")
DELIVERY_STATUSES = ("pending", "delivered", "failed")
