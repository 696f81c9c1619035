-- Texts that a team sends often. A name is unique in the form in which spellings are compared. The
-- text comes last, so that lists read the rest of a row without it.
CREATE TABLE canned_replies (
    id INTEGER PRIMARY KEY,
    uid BLOB NOT NULL UNIQUE,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    shortcut TEXT,
    position INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    content TEXT NOT NULL,
    UNIQUE (workspace_id, name_key),
    UNIQUE (workspace_id, shortcut)
) STRICT;
