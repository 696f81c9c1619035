-- What a member has written and not sent, one of each kind for a ticket: a reply, an internal note.
-- `base` is the newest message that the member had seen, empty for an empty thread. The text comes
-- last, so that lists read the rest of a row without it.
CREATE TABLE drafts (
    id INTEGER PRIMARY KEY,
    member_id INTEGER NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    ticket_id INTEGER NOT NULL REFERENCES tickets (id) ON DELETE CASCADE,
    is_internal INTEGER NOT NULL,
    base BLOB,
    saved_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    content TEXT NOT NULL,
    UNIQUE (member_id, ticket_id, is_internal)
) STRICT;
CREATE INDEX drafts_ticket ON drafts (ticket_id);
