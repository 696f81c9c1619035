-- What the links with which customers read and answer their tickets are signed with, and the time
-- stamps of forms. Made at need; another one ends all links of the workspace.
CREATE TABLE link_secrets (
    workspace_id INTEGER PRIMARY KEY REFERENCES workspaces (id),
    secret TEXT NOT NULL,
    made_at INTEGER NOT NULL
) STRICT;
