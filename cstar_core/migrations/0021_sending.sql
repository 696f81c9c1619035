-- What an answer to a mail has to know of it, beside the message that it became. `people` is JSON of
-- whom it was from and to, `refs` and `loops` are JSON of ids of mails and of marks of desks.
CREATE TABLE mail_heads (
    message_id INTEGER PRIMARY KEY REFERENCES messages (id) ON DELETE CASCADE,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    mailbox_id INTEGER REFERENCES mailboxes (id) ON DELETE SET NULL,
    header_id TEXT,
    refs TEXT NOT NULL,
    subject TEXT NOT NULL,
    people TEXT NOT NULL,
    loops TEXT NOT NULL
) STRICT;
CREATE INDEX mail_heads_workspace ON mail_heads (workspace_id);
CREATE INDEX mail_heads_mailbox ON mail_heads (mailbox_id) WHERE mailbox_id IS NOT NULL;

-- Mails on their way out. One of a message goes where the message goes; an automatic one has only its
-- ticket. `lane` is the key of the ticket as it was, to count what is sent on it. `since` is when it
-- was first due, `due_at` when it is to be tried next, null if it is not. The state is that of all
-- recipients together. `blob_id` has the bytes that were sent, as long as they may be sent again.
CREATE TABLE outgoing_mails (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid BLOB NOT NULL UNIQUE,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    mailbox_id INTEGER REFERENCES mailboxes (id) ON DELETE SET NULL,
    ticket_id INTEGER REFERENCES tickets (id) ON DELETE CASCADE,
    message_id INTEGER UNIQUE REFERENCES messages (id) ON DELETE CASCADE,
    lane INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    state INTEGER NOT NULL,
    header_id TEXT NOT NULL,
    in_reply_to TEXT,
    refs TEXT NOT NULL,
    loops TEXT NOT NULL,
    subject TEXT NOT NULL,
    reply_to TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    since INTEGER NOT NULL,
    due_at INTEGER,
    code TEXT,
    failure TEXT,
    blob_id INTEGER REFERENCES blobs (id),
    created_at INTEGER NOT NULL,
    finished_at INTEGER,
    CHECK ((ticket_id IS NULL) <> (message_id IS NULL))
) STRICT;
CREATE INDEX outgoing_mails_place ON outgoing_mails (workspace_id, id);
CREATE INDEX outgoing_mails_state ON outgoing_mails (workspace_id, state, id);
CREATE INDEX outgoing_mails_created ON outgoing_mails (workspace_id, created_at, state);
CREATE INDEX outgoing_mails_lane ON outgoing_mails (lane, created_at, state);
CREATE INDEX outgoing_mails_header ON outgoing_mails (workspace_id, header_id);
CREATE INDEX outgoing_mails_due ON outgoing_mails (mailbox_id, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX outgoing_mails_ticket ON outgoing_mails (ticket_id) WHERE ticket_id IS NOT NULL;
CREATE INDEX outgoing_mails_blob ON outgoing_mails (blob_id) WHERE blob_id IS NOT NULL;
CREATE INDEX outgoing_mails_finished ON outgoing_mails (finished_at)
WHERE finished_at IS NOT NULL AND blob_id IS NOT NULL;

CREATE TRIGGER outgoing_mails_in AFTER INSERT ON outgoing_mails WHEN new.blob_id IS NOT NULL BEGIN
    UPDATE blobs SET uses = uses + 1, unused_since = NULL WHERE id = new.blob_id;
END;
CREATE TRIGGER outgoing_mails_over AFTER UPDATE OF blob_id ON outgoing_mails
WHEN old.blob_id IS NOT new.blob_id BEGIN
    UPDATE blobs SET uses = uses - 1 WHERE id = old.blob_id;
    UPDATE blobs SET uses = uses + 1, unused_since = NULL WHERE id = new.blob_id;
END;
CREATE TRIGGER outgoing_mails_out AFTER DELETE ON outgoing_mails WHEN old.blob_id IS NOT NULL BEGIN
    UPDATE blobs SET uses = uses - 1 WHERE id = old.blob_id;
END;

-- To whom a mail goes, and what became of that; `address_key` is folded to compare.
CREATE TABLE outgoing_recipients (
    mail_id INTEGER NOT NULL REFERENCES outgoing_mails (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    is_copy INTEGER NOT NULL,
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    address_key TEXT NOT NULL,
    state INTEGER NOT NULL,
    code TEXT,
    failure TEXT,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (mail_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX outgoing_recipients_address
ON outgoing_recipients (workspace_id, address_key, created_at, state);

-- Addresses to which nothing can be delivered, and why.
CREATE TABLE bad_addresses (
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    address_key TEXT NOT NULL,
    address TEXT NOT NULL,
    code TEXT,
    reason TEXT NOT NULL,
    noted_at INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, address_key)
) STRICT, WITHOUT ROWID;

-- When a correspondent, known by the digest of an address, was last answered automatically.
CREATE TABLE first_answers (
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    correspondent BLOB NOT NULL,
    answered_at INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, correspondent)
) STRICT, WITHOUT ROWID;
CREATE INDEX first_answers_old ON first_answers (answered_at);

-- The texts of a team around what it sends, where they are not those that cStar brings.
CREATE TABLE mail_templates (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid BLOB NOT NULL UNIQUE,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    kind TEXT NOT NULL,
    language TEXT NOT NULL,
    content TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    UNIQUE (workspace_id, kind, language)
) STRICT;
