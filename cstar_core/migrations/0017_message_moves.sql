-- Messages that were moved to another ticket by hand, and have not come back: from which ticket they
-- were written to, and what the other one was before and at which version after, so that it can be that
-- again. Of several rows of a message the last one is undone first.
CREATE TABLE message_moves (
    id INTEGER PRIMARY KEY,
    message_id INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    from_id INTEGER NOT NULL REFERENCES tickets (id) ON DELETE CASCADE,
    into_id INTEGER NOT NULL REFERENCES tickets (id) ON DELETE CASCADE,
    status INTEGER NOT NULL,
    resolved_at INTEGER,
    closed_at INTEGER,
    version INTEGER NOT NULL
) STRICT;
CREATE INDEX message_moves_message ON message_moves (message_id);
CREATE INDEX message_moves_from ON message_moves (from_id);
CREATE INDEX message_moves_into ON message_moves (into_id);
