-- The addresses that customers write to, and the servers that have and take their mail. An address is
-- one mailbox of the whole file, so that what comes in by SMTP or a pipe has one place. `address_key`
-- is folded to compare. `defaults` is JSON of what new tickets get, `incoming` and `outgoing` JSON of
-- servers, whose passwords stand apart; `dkim` is JSON of a domain, a selector and the file of a key.
-- `last_uid` is the last message of the IMAP folder that was taken, under `uid_validity` (null before
-- the first). `failing_since` is null while fetching works, `failure` says why it does not.
CREATE TABLE mailboxes (
    id INTEGER PRIMARY KEY,
    uid BLOB NOT NULL UNIQUE,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    address TEXT NOT NULL,
    address_key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    language TEXT NOT NULL,
    signature TEXT NOT NULL,
    defaults TEXT NOT NULL,
    is_default INTEGER NOT NULL,
    answers_first INTEGER NOT NULL,
    plus_addressing INTEGER NOT NULL,
    is_active INTEGER NOT NULL,
    incoming TEXT,
    incoming_secret TEXT,
    outgoing TEXT,
    outgoing_secret TEXT,
    dkim TEXT,
    uid_validity INTEGER,
    last_uid INTEGER NOT NULL,
    fetched_at INTEGER,
    failing_since INTEGER,
    failure TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT;
CREATE INDEX mailboxes_place ON mailboxes (workspace_id, id);
CREATE UNIQUE INDEX mailboxes_default ON mailboxes (workspace_id) WHERE is_default = 1;
