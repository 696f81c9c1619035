-- Files by the digest of their bytes, which lie in a folder beside the database. `uses` counts the
-- rows of other tables that refer to one. Once there are none, the next collection notes since when,
-- and a later one takes the file and the row away.
CREATE TABLE blobs (
    id INTEGER PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
    size INTEGER NOT NULL CHECK (size >= 0),
    uses INTEGER NOT NULL DEFAULT 0,
    unused_since INTEGER,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX blobs_unused ON blobs (unused_since) WHERE uses = 0;

-- What is attached to a message; or, until a message takes it, what was uploaded to a ticket, which
-- may be part of a draft. Where a message goes, its attachments go too, as they do not know its
-- ticket.
CREATE TABLE attachments (
    id INTEGER PRIMARY KEY,
    uid BLOB NOT NULL UNIQUE,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    ticket_id INTEGER REFERENCES tickets (id) ON DELETE CASCADE,
    draft_id INTEGER REFERENCES drafts (id) ON DELETE SET NULL,
    message_id INTEGER REFERENCES messages (id) ON DELETE CASCADE,
    blob_id INTEGER NOT NULL REFERENCES blobs (id),
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    content_id TEXT,
    is_inline INTEGER NOT NULL,
    position INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    CHECK ((ticket_id IS NULL) <> (message_id IS NULL))
) STRICT;
CREATE INDEX attachments_message ON attachments (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX attachments_ticket ON attachments (ticket_id) WHERE ticket_id IS NOT NULL;
CREATE INDEX attachments_draft ON attachments (draft_id) WHERE draft_id IS NOT NULL;
CREATE INDEX attachments_blob ON attachments (blob_id);
CREATE INDEX attachments_waiting ON attachments (created_at) WHERE message_id IS NULL;

CREATE TRIGGER attachments_in AFTER INSERT ON attachments BEGIN
    UPDATE blobs SET uses = uses + 1, unused_since = NULL WHERE id = new.blob_id;
END;
CREATE TRIGGER attachments_over AFTER UPDATE OF blob_id ON attachments BEGIN
    UPDATE blobs SET uses = uses - 1 WHERE id = old.blob_id;
    UPDATE blobs SET uses = uses + 1, unused_since = NULL WHERE id = new.blob_id;
END;
CREATE TRIGGER attachments_out AFTER DELETE ON attachments BEGIN
    UPDATE blobs SET uses = uses - 1 WHERE id = old.blob_id;
END;

-- The names of a message's attachments, for the search index: they are part of its text there.
ALTER TABLE messages ADD COLUMN file_names TEXT;
DROP VIEW ticket_documents;
CREATE VIEW ticket_documents AS
SELECT
    tickets.id AS id,
    tickets.workspace_id AS workspace_id,
    tickets.title AS title,
    (SELECT group_concat(
         coalesce(content || ' ' || char(57344) || ' ' || file_names, content),
         ' ' || char(57344) || ' '
     ) FROM messages WHERE ticket_id = tickets.id AND is_internal = 0) AS messages,
    (SELECT group_concat(
         coalesce(content || ' ' || char(57344) || ' ' || file_names, content),
         ' ' || char(57344) || ' '
     ) FROM messages WHERE ticket_id = tickets.id AND is_internal = 1) AS internal,
    (SELECT name || ' ' || char(57344) || ' ' || coalesce(email, '') FROM customers
     WHERE customers.id = tickets.customer_id) AS customer,
    (SELECT coalesce(max(id), 0) + 1 FROM messages WHERE ticket_id = tickets.id) AS messages_end
FROM tickets;
DROP VIEW ticket_documents_held;
CREATE VIEW ticket_documents_held AS
SELECT
    id,
    workspace_id,
    indexed,
    coalesce(messages, (SELECT group_concat(
         coalesce(content || ' ' || char(57344) || ' ' || file_names, content),
         ' ' || char(57344) || ' '
     ) FROM messages AS m
     WHERE m.ticket_id = held.id AND m.is_internal = 0 AND m.id < held.messages_end)) AS messages,
    coalesce(internal, (SELECT group_concat(
         coalesce(content || ' ' || char(57344) || ' ' || file_names, content),
         ' ' || char(57344) || ' '
     ) FROM messages AS m
     WHERE m.ticket_id = held.id AND m.is_internal = 1 AND m.id < held.messages_end)) AS internal,
    title,
    customer
FROM ticket_changes AS held;

-- Before the names of a message that is there change: the note on its ticket gets the text itself
-- that the index holds, as before messages move to another ticket.
CREATE TRIGGER messages_named BEFORE UPDATE OF file_names ON messages
WHEN old.file_names IS NOT new.file_names AND NOT EXISTS (
    SELECT 1 FROM ticket_changes WHERE id = old.ticket_id AND messages_end IS NULL
) BEGIN
    INSERT OR IGNORE INTO ticket_changes
    SELECT id, workspace_id, 1, messages_end, NULL, NULL, title, customer
    FROM ticket_documents WHERE id = old.ticket_id;
    UPDATE ticket_changes SET (messages, internal) = (
        SELECT messages, internal FROM ticket_documents_held AS held
        WHERE held.id = ticket_changes.id
    )
    WHERE id = old.ticket_id;
    UPDATE ticket_changes SET messages_end = NULL WHERE id = old.ticket_id;
END;
