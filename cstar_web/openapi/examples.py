"""Examples for readers: a message for each error code, a body for each write."""

from typing import Any

Json = dict[str, Any]

ERROR_EXAMPLES: dict[str, Json] = {
    "PARAMETER_MISSING": {"message": "title is required", "param": "title"},
    "PARAMETER_INVALID": {
        "message": "status must be one of: new, open, pending, resolved, closed",
        "param": "status",
    },
    "PARAMETER_UNKNOWN": {
        "message": "prioritty is not a known parameter; did you mean priority?",
        "param": "prioritty",
    },
    "BODY_INVALID": {"message": "The request body must be a JSON object"},
    "REQUEST_INVALID": {"message": "The request is malformed"},
    "authentication_required": {"message": "Invalid or expired API key"},
    "insufficient_permissions": {"message": "Secret key required for this endpoint"},
    "RESOURCE_MISSING": {"message": "Ticket not found"},
    "ROUTE_MISSING": {"message": "No such endpoint"},
    "METHOD_NOT_ALLOWED": {"message": "This endpoint does not take that method"},
    "RESOURCE_EXISTS": {
        "message": "A custom field with the key region exists already",
        "param": "key",
    },
    "MERGE_CONFLICT": {"message": "The ticket is merged into tkt_550e8400e29b41d4a716446655440000"},
    "IDEMPOTENCY_IN_PROGRESS": {
        "message": "A request with this Idempotency-Key is still being answered"
    },
    "STALE_VERSION": {"message": "The object has changed since it was read"},
    "PAYLOAD_TOO_LARGE": {"message": "The request body is larger than 1 MiB"},
    "UNSUPPORTED_MEDIA_TYPE": {
        "message": "Send the body as Content-Type: application/json in UTF-8"
    },
    "IDEMPOTENCY_KEY_REUSED": {
        "message": "This Idempotency-Key was used with another method, path or body",
        "param": "Idempotency-Key",
    },
    "rate_limit_exceeded": {
        "message": "Rate limit exceeded. Try again in 60 seconds",
        "retryAfter": 60,
    },
    "INTERNAL_ERROR": {
        "message": "Something went wrong on the server; its log says what, by request id"
    },
    "MAIL_CONFLICT": {"message": "The mail is settled: ticket"},
    "FILE_LOST": {"message": "The file is missing or damaged; a backup may have it"},
    "BUSY": {"message": "The server is busy. Try again"},
    "STORAGE_FULL": {"message": "The server's storage is full"},
}

# By operation id; an operation that is not here is shown with what its schema suggests.
BODY_EXAMPLES: dict[str, Json] = {
    "createTicket": {
        "title": "Cannot log in to my account",
        "priority": "high",
        "customerName": "Jane Smith",
        "customerEmail": "jane@example.com",
        "tags": ["login", "authentication"],
        "initialMessage": 'I keep getting "invalid credentials" when I try to log in.',
    },
    "updateTicket": {"status": "resolved", "notes": "Password reset sent"},
    "bulkTickets": {
        "filter": {"status": "resolved", "updatedBefore": "2025-11-10T00:00:00Z"},
        "update": {"status": "closed", "addTags": ["archived"]},
        "dryRun": True,
    },
    "mergeTicket": {"into": "tkt_550e8400e29b41d4a716446655440000"},
    "moveMessage": {"to": "tkt_550e8400e29b41d4a716446655440000"},
    "createMessage": {"content": "We have sent you a new link.", "sender": "agent"},
    "createCustomer": {"name": "Sam Lee", "email": "sam@example.com", "tags": ["vip"]},
    "updateCustomer": {"notes": "Prefers to be called.", "metadata": {"plan": "pro"}},
    "fileMailAsSpam": {"block": "sender"},
    "createMailBlock": {"value": "spam.example", "note": "Offers by the hundred"},
    "createMailbox": {"address": "help@example.com", "defaults": {"tags": ["mail"]}},
    "updateMailbox": {"name": "Example Support", "answersFirst": True},
    "setMailTemplate": {"content": "Hello {{customer.first_name|there}},\n\n{{message}}"},
    "previewMailTemplate": {
        "ticketId": "tkt_550e8400e29b41d4a716446655440000",
        "message": "We have sent you a new link.",
    },
    "trustAddress": {"address": "jane@example.com"},
    "createMember": {"name": "Ada Park", "email": "ada@example.com", "role": "agent"},
    "updateMember": {"role": "owner"},
    "createCustomField": {
        "name": "Region",
        "key": "region",
        "type": "select",
        "entityType": "tickets",
        "options": ["US", "EU", "APAC"],
    },
    "createWebhook": {
        "name": "Chat",
        "url": "https://chat.example.com/hooks/helpdesk",
        "events": ["ticket.*", "message.created"],
    },
    "updateWebhook": {"isActive": True},
    "rotateWebhookSecret": {"overlapSeconds": 3600},
    "replayWebhook": {"after": "evt_7f5d43ea476b81aa800000000000000b"},
    "updateCustomField": {
        "options": ["US", "EMEA", "APAC"],
        "renameOptions": {"EU": "EMEA"},
    },
}
