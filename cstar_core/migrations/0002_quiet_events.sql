-- Runs of events that nobody is told of, such as those of an import: the numbers first to last of a
-- workspace. Runs that follow each other are one row.

CREATE TABLE quiet_events (
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    first INTEGER NOT NULL,
    last INTEGER NOT NULL CHECK (last >= first),
    PRIMARY KEY (workspace_id, first)
) STRICT, WITHOUT ROWID;
