-- Who looks at which ticket, and whether they write. Nothing that changes with each beat is in the
-- index, so that a beat writes one page.
CREATE TABLE presences (
    member_id INTEGER NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    ticket_id INTEGER NOT NULL REFERENCES tickets (id) ON DELETE CASCADE,
    seen_at INTEGER NOT NULL,
    is_writing INTEGER NOT NULL,
    PRIMARY KEY (member_id, ticket_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX presences_ticket ON presences (ticket_id);
