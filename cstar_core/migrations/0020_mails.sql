-- Every mail that came in, and what became of it. A row is written, with the bytes of the mail, before
-- anything is read of it: `verdict` is 0 (waiting) until it is settled. `identity` is the same for a
-- mail that is delivered twice. `facts` is JSON of what reading it has shown. Where a mail is now
-- stands with its message alone. Once the message is deleted, or the person erased, the row is only
-- good for knowing a mail that comes again.
CREATE TABLE mails (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid BLOB NOT NULL UNIQUE,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    mailbox_id INTEGER REFERENCES mailboxes (id) ON DELETE SET NULL,
    source INTEGER NOT NULL,
    uid_validity INTEGER,
    imap_uid INTEGER,
    blob_id INTEGER REFERENCES blobs (id),
    digest BLOB NOT NULL,
    size INTEGER NOT NULL,
    identity BLOB,
    header_id TEXT,
    subject TEXT,
    sender TEXT,
    sender_key TEXT,
    sender_name TEXT,
    envelope_from TEXT,
    envelope_to TEXT,
    verdict INTEGER NOT NULL DEFAULT 0,
    reason TEXT,
    threaded_by INTEGER,
    message_id INTEGER REFERENCES messages (id) ON DELETE SET NULL,
    original_id INTEGER REFERENCES mails (id),
    is_released INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    facts TEXT NOT NULL DEFAULT '{}',
    received_at INTEGER NOT NULL,
    settled_at INTEGER,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX mails_place ON mails (workspace_id);
CREATE INDEX mails_verdict ON mails (workspace_id, verdict);
CREATE INDEX mails_mailbox ON mails (mailbox_id) WHERE mailbox_id IS NOT NULL;
CREATE UNIQUE INDEX mails_imap ON mails (mailbox_id, uid_validity, imap_uid)
WHERE imap_uid IS NOT NULL;
CREATE INDEX mails_digest ON mails (workspace_id, digest);
CREATE INDEX mails_identity ON mails (workspace_id, identity) WHERE identity IS NOT NULL;
CREATE INDEX mails_header ON mails (workspace_id, header_id) WHERE header_id IS NOT NULL;
CREATE INDEX mails_message ON mails (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX mails_original ON mails (original_id) WHERE original_id IS NOT NULL;
CREATE INDEX mails_blob ON mails (blob_id) WHERE blob_id IS NOT NULL;
-- What waits, and what failed.
CREATE INDEX mails_open ON mails (verdict, received_at) WHERE verdict IN (0, 8);

CREATE TRIGGER mails_in AFTER INSERT ON mails WHEN new.blob_id IS NOT NULL BEGIN
    UPDATE blobs SET uses = uses + 1, unused_since = NULL WHERE id = new.blob_id;
END;
CREATE TRIGGER mails_over AFTER UPDATE OF blob_id ON mails
WHEN old.blob_id IS NOT new.blob_id BEGIN
    UPDATE blobs SET uses = uses - 1 WHERE id = old.blob_id;
    UPDATE blobs SET uses = uses + 1, unused_since = NULL WHERE id = new.blob_id;
END;
CREATE TRIGGER mails_out AFTER DELETE ON mails WHEN old.blob_id IS NOT NULL BEGIN
    UPDATE blobs SET uses = uses - 1 WHERE id = old.blob_id;
END;
CREATE TRIGGER mails_forgotten BEFORE DELETE ON messages
WHEN EXISTS (SELECT 1 FROM mails WHERE message_id = old.id) BEGIN
    UPDATE mails SET
        blob_id = NULL, header_id = NULL, subject = NULL, sender = NULL, sender_key = NULL,
        sender_name = NULL, envelope_from = NULL, envelope_to = NULL, facts = '{}', version = version + 1
    WHERE message_id = old.id
    OR original_id IN (SELECT id FROM mails WHERE message_id = old.id);
END;

-- Addresses and domains of which mail is ignored; `value_key` is folded to compare.
CREATE TABLE mail_blocks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid BLOB NOT NULL UNIQUE,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    value TEXT NOT NULL,
    value_key TEXT NOT NULL,
    note TEXT,
    created_at INTEGER NOT NULL,
    UNIQUE (workspace_id, value_key)
) STRICT;
