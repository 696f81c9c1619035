"""The prose of the description."""

INTRODUCTION = """\
A self-hosted helpdesk: tickets and their messages, customers, the members of a team, custom fields.

**Keys.** Send `Authorization: Bearer` and an API key. A secret key (`sk_…`) reads and writes. A
publishable key (`pk_…`) only reads, and never sees notes, metadata or internal messages. A `live`
key opens a team's live data, a `test` key its test data; nothing crosses.

**Answers.** Every answer is `{"success": true, "data": …, "meta": …}` or
`{"success": false, "error": …, "meta": …}`. Each error code is [explained](/docs/errors).

**Lists.** Ask for a `page`, or follow `meta.nextCursor` with `cursor`, which neither skips nor
repeats an item when others are added meanwhile.

**Custom fields.** A list of tickets or customers takes `customFields[key]=value`, and for numbers
and dates `customFields[key][gte]=value` with `gte`, `gt`, `lte` or `lt`; several together all hold.

**Safe writes.** With an `Idempotency-Key` a request can be repeated without being done twice. With
`If-Match` and an object's `ETag` a write is refused if someone else was faster.
"""

TAGS = {
    "Authentication": "What a key opens.",
    "Tickets": "A ticket is one conversation with a customer.",
    "Messages": "What was said on a ticket, and what was noted internally.",
    "Attachments": "Files that go with messages.",
    "Mail": "Mail that came in and mail that goes out, and what became of it.",
    "Customers": "Who asks.",
    "Members": "Who answers: the agents a ticket can be assigned to.",
    "Custom fields": "Values of your own on tickets and customers.",
    "Events": "What happened, oldest first.",
    "Webhooks": "Other systems that are told of events.",
    "Server": "For monitoring and for tools; no key, no envelope.",
}
