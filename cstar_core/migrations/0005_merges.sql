-- Tickets that are merged into another one: into which, and what they were before, to be that again.
-- What is merged into a ticket that is deleted is merged into what that was merged into, if anything.
CREATE TABLE merges (
    ticket_id INTEGER PRIMARY KEY REFERENCES tickets (id) ON DELETE CASCADE,
    into_id INTEGER NOT NULL REFERENCES tickets (id),
    status INTEGER NOT NULL,
    resolved_at INTEGER,
    closed_at INTEGER
) STRICT;
CREATE INDEX merges_into ON merges (into_id);
CREATE TRIGGER tickets_merged_out BEFORE DELETE ON tickets
WHEN EXISTS (SELECT 1 FROM merges WHERE into_id = old.id) BEGIN
    UPDATE merges SET into_id = (SELECT into_id FROM merges WHERE ticket_id = old.id)
    WHERE into_id = old.id AND EXISTS (SELECT 1 FROM merges WHERE ticket_id = old.id);
    DELETE FROM merges WHERE into_id = old.id;
END;

-- The ticket that a message was written to, where it has come with a merge to the one that has it.
ALTER TABLE messages ADD COLUMN home_id INTEGER REFERENCES tickets (id) ON DELETE SET NULL;
CREATE INDEX messages_home ON messages (home_id) WHERE home_id IS NOT NULL;

-- The id of the customer whose message it is, where that is not the customer of its home, or of the
-- ticket that has it: it was posted to a merged ticket of theirs, or its home was deleted. No key,
-- since it must outlive the customer, who may be erased later.
ALTER TABLE messages ADD COLUMN home_customer BLOB;
CREATE INDEX messages_home_customer ON messages (home_customer) WHERE home_customer IS NOT NULL;
CREATE TRIGGER messages_homeless BEFORE DELETE ON tickets
WHEN EXISTS (SELECT 1 FROM messages WHERE home_id = old.id) BEGIN
    UPDATE messages SET home_customer = (SELECT uid FROM customers WHERE id = old.customer_id)
    WHERE home_id = old.id AND home_customer IS NULL;
END;

-- Before messages leave a ticket or come to it: the notes on both get the text itself that the index
-- holds of them, since it could not be put together afterwards. Such a note has no messages_end.
CREATE TRIGGER messages_indexed_over BEFORE UPDATE OF ticket_id ON messages
WHEN old.ticket_id <> new.ticket_id AND (
    SELECT count(*) FROM ticket_changes
    WHERE id IN (old.ticket_id, new.ticket_id) AND messages_end IS NULL
) < 2 BEGIN
    INSERT OR IGNORE INTO ticket_changes
    SELECT id, workspace_id, 1, messages_end, NULL, NULL, title, customer
    FROM ticket_documents WHERE id IN (old.ticket_id, new.ticket_id);
    UPDATE ticket_changes SET (messages, internal) = (
        SELECT messages, internal FROM ticket_documents_held AS held
        WHERE held.id = ticket_changes.id
    )
    WHERE id IN (old.ticket_id, new.ticket_id) AND messages_end IS NOT NULL;
    UPDATE ticket_changes SET messages_end = NULL WHERE id IN (old.ticket_id, new.ticket_id);
END;
