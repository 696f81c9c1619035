-- Views of tickets that a team, or one of its members, has saved. `query` has the ids of people, and a
-- backslash before each word that could be taken for a name. `member_id` is who made it; one that is not
-- shared is that member's alone and goes with them. Views are in the order of `position`, then `id`.
CREATE TABLE views (
    id INTEGER PRIMARY KEY,
    uid BLOB NOT NULL UNIQUE,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    member_id INTEGER REFERENCES members (id) ON DELETE SET NULL,
    is_shared INTEGER NOT NULL,
    name TEXT NOT NULL,
    query TEXT NOT NULL,
    position INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    CHECK (is_shared = 1 OR member_id IS NOT NULL)
) STRICT;
CREATE INDEX views_place ON views (workspace_id, position, id);
CREATE INDEX views_member ON views (member_id) WHERE member_id IS NOT NULL;
CREATE TRIGGER members_views BEFORE DELETE ON members BEGIN
    DELETE FROM views WHERE member_id = old.id AND is_shared = 0;
END;
