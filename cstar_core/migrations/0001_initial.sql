-- The first schema. Instants are whole seconds since 1970, ids of objects are 16-byte UUIDs,
-- JSON is text. Status, priority and the other small enumerations are the positions in
-- the tuples of cstar_core/tables/words.py.

CREATE TABLE teams (
    id INTEGER PRIMARY KEY,
    uid BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL,
    slug TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE workspaces (
    id INTEGER PRIMARY KEY,
    team_id INTEGER NOT NULL REFERENCES teams (id),
    environment TEXT NOT NULL CHECK (environment IN ('live', 'test')),
    ticket_number INTEGER NOT NULL DEFAULT 0,
    event_salt BLOB NOT NULL,
    newest_ticket_at INTEGER NOT NULL DEFAULT 0,
    in_order INTEGER NOT NULL DEFAULT 1,
    customer_count INTEGER NOT NULL DEFAULT 0,
    newest_customer_at INTEGER NOT NULL DEFAULT 0,
    customers_in_order INTEGER NOT NULL DEFAULT 1,
    UNIQUE (team_id, environment)
) STRICT;

CREATE TABLE keys (
    id INTEGER PRIMARY KEY,
    uid BLOB NOT NULL UNIQUE,
    team_id INTEGER NOT NULL REFERENCES teams (id),
    type TEXT NOT NULL CHECK (type IN ('secret', 'publishable')),
    environment TEXT NOT NULL CHECK (environment IN ('live', 'test')),
    name TEXT,
    hash BLOB NOT NULL UNIQUE,
    prefix TEXT NOT NULL,
    last_four TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER
) STRICT;
CREATE INDEX keys_team ON keys (team_id);

CREATE TABLE members (
    id INTEGER PRIMARY KEY,
    uid BLOB NOT NULL UNIQUE,
    team_id INTEGER NOT NULL REFERENCES teams (id),
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('owner', 'agent', 'viewer')),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    UNIQUE (team_id, email_key)
) STRICT;

CREATE TABLE custom_fields (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid BLOB NOT NULL UNIQUE,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    entity_type TEXT NOT NULL CHECK (entity_type IN ('tickets', 'customers')),
    key TEXT NOT NULL,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    required INTEGER NOT NULL,
    options TEXT,
    position INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    archived_at INTEGER,
    version INTEGER NOT NULL DEFAULT 1,
    UNIQUE (workspace_id, entity_type, key)
) STRICT;

CREATE TABLE customers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid BLOB NOT NULL UNIQUE,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    name TEXT NOT NULL,
    email TEXT,
    email_key TEXT,
    tags TEXT NOT NULL,
    notes TEXT,
    custom_fields TEXT NOT NULL,
    metadata TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    UNIQUE (workspace_id, email_key)
) STRICT;
CREATE INDEX customers_created ON customers (workspace_id, created_at);
CREATE INDEX customers_updated ON customers (workspace_id, updated_at);
CREATE INDEX customers_name ON customers (workspace_id, name);
CREATE TRIGGER customers_counted_in AFTER INSERT ON customers BEGIN
    UPDATE workspaces SET
        customer_count = customer_count + 1,
        customers_in_order = customers_in_order AND newest_customer_at <= new.created_at,
        newest_customer_at = new.created_at
    WHERE id = new.workspace_id;
END;
CREATE TRIGGER customers_counted_out AFTER DELETE ON customers BEGIN
    UPDATE workspaces SET customer_count = customer_count - 1 WHERE id = old.workspace_id;
END;

CREATE TABLE tickets (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid BLOB NOT NULL UNIQUE,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    number INTEGER NOT NULL,
    title TEXT NOT NULL,
    status INTEGER NOT NULL CHECK (status BETWEEN 0 AND 4),
    priority INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 3),
    customer_id INTEGER REFERENCES customers (id),
    customer_gone INTEGER NOT NULL DEFAULT 0,
    assigned_to INTEGER REFERENCES members (id),
    tags TEXT NOT NULL,
    notes TEXT,
    custom_fields TEXT NOT NULL,
    metadata TEXT NOT NULL,
    message_count INTEGER NOT NULL DEFAULT 0,
    internal_count INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    resolved_at INTEGER,
    closed_at INTEGER,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE UNIQUE INDEX tickets_number ON tickets (workspace_id, number);
CREATE INDEX tickets_created ON tickets (workspace_id, created_at);
CREATE INDEX tickets_state ON tickets (workspace_id, status, priority, created_at);
CREATE INDEX tickets_assigned ON tickets (assigned_to, workspace_id, status, created_at);
-- The columns after the id are there to filter by without reading the rows.
CREATE INDEX tickets_updated
ON tickets (workspace_id, updated_at, id, status, priority, assigned_to);
CREATE INDEX tickets_customer ON tickets (customer_id, status, created_at)
WHERE customer_id IS NOT NULL;

CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid BLOB NOT NULL,
    ticket_id INTEGER NOT NULL REFERENCES tickets (id) ON DELETE CASCADE,
    content TEXT NOT NULL,
    sender INTEGER NOT NULL CHECK (sender BETWEEN 0 AND 2),
    sender_name TEXT NOT NULL,
    is_internal INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX messages_ticket ON messages (ticket_id);

-- Each use of a tag is one row, clustered so that "newest with this tag" is one walk.
CREATE TABLE tags (
    id INTEGER PRIMARY KEY,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    entity_type TEXT NOT NULL CHECK (entity_type IN ('tickets', 'customers')),
    tag_key TEXT NOT NULL,
    uses INTEGER NOT NULL DEFAULT 0,
    UNIQUE (workspace_id, entity_type, tag_key)
) STRICT;
CREATE TABLE tag_uses (
    tag_id INTEGER NOT NULL REFERENCES tags (id),
    created_at INTEGER NOT NULL,
    owner_id INTEGER NOT NULL,
    PRIMARY KEY (tag_id, created_at, owner_id)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER tag_uses_counted_in AFTER INSERT ON tag_uses BEGIN
    UPDATE tags SET uses = uses + 1 WHERE id = new.tag_id;
END;
CREATE TRIGGER tag_uses_counted_out AFTER DELETE ON tag_uses BEGIN
    UPDATE tags SET uses = uses - 1 WHERE id = old.tag_id;
END;

-- Each custom-field value is one row, for filters; the object's own JSON is what answers show.
CREATE TABLE field_values (
    field_id INTEGER NOT NULL REFERENCES custom_fields (id),
    value ANY NOT NULL,
    created_at INTEGER NOT NULL,
    owner_id INTEGER NOT NULL,
    PRIMARY KEY (field_id, value, created_at, owner_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    number INTEGER NOT NULL,
    type INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    object_uid BLOB NOT NULL,
    ticket_number INTEGER,
    actor_type INTEGER NOT NULL,
    actor_uid BLOB,
    data TEXT,
    changes TEXT,
    PRIMARY KEY (workspace_id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX events_type ON events (workspace_id, type, number);
CREATE INDEX events_ticket ON events (workspace_id, ticket_number, number)
    WHERE ticket_number IS NOT NULL;

CREATE TABLE receipts (
    actor_uid BLOB NOT NULL,
    idempotency_key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    status INTEGER NOT NULL,
    headers TEXT NOT NULL,
    body BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (actor_uid, idempotency_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX receipts_created ON receipts (created_at);

CREATE TABLE probes (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    written_at INTEGER NOT NULL
) STRICT;

-- Exact totals for the common filters, kept by the database itself: for each member, for nobody
-- (assigned_to = 0) and for all tickets (-1); in all (block = -1) and for each block of 65,536
-- numbers, so that what lies far down a list is found without walking there.
CREATE TABLE ticket_counts (
    workspace_id INTEGER NOT NULL,
    assigned_to INTEGER NOT NULL,
    block INTEGER NOT NULL,
    status INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    tickets INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, assigned_to, block, status, priority)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER tickets_counted_in AFTER INSERT ON tickets BEGIN
    INSERT INTO ticket_counts VALUES
    (new.workspace_id, -1, -1, new.status, new.priority, 1),
    (new.workspace_id, -1, new.number >> 16, new.status, new.priority, 1),
    (new.workspace_id, coalesce(new.assigned_to, 0), -1, new.status, new.priority, 1),
    (new.workspace_id, coalesce(new.assigned_to, 0), new.number >> 16, new.status, new.priority, 1)
    ON CONFLICT DO UPDATE SET tickets = tickets + 1;
END;
CREATE TRIGGER tickets_counted_out AFTER DELETE ON tickets BEGIN
    UPDATE ticket_counts SET tickets = tickets - 1
    WHERE workspace_id = old.workspace_id AND assigned_to IN (-1, coalesce(old.assigned_to, 0))
    AND block IN (-1, old.number >> 16) AND status = old.status AND priority = old.priority;
END;
CREATE TRIGGER tickets_counted_over AFTER UPDATE OF status, priority, assigned_to ON tickets
WHEN old.status <> new.status OR old.priority <> new.priority
OR old.assigned_to IS NOT new.assigned_to BEGIN
    INSERT INTO ticket_counts VALUES
    (old.workspace_id, -1, -1, old.status, old.priority, -1),
    (old.workspace_id, -1, old.number >> 16, old.status, old.priority, -1),
    (old.workspace_id, coalesce(old.assigned_to, 0), -1, old.status, old.priority, -1),
    (old.workspace_id, coalesce(old.assigned_to, 0), old.number >> 16, old.status, old.priority, -1),
    (new.workspace_id, -1, -1, new.status, new.priority, 1),
    (new.workspace_id, -1, new.number >> 16, new.status, new.priority, 1),
    (new.workspace_id, coalesce(new.assigned_to, 0), -1, new.status, new.priority, 1),
    (new.workspace_id, coalesce(new.assigned_to, 0), new.number >> 16, new.status, new.priority, 1)
    ON CONFLICT DO UPDATE SET tickets = tickets + excluded.tickets;
END;

-- What the search index should hold of each object, as raw text.
CREATE VIEW ticket_documents AS
SELECT
    tickets.id AS id,
    tickets.workspace_id AS workspace_id,
    tickets.title AS title,
    (SELECT group_concat(content, ' ' || char(57344) || ' ') FROM messages
     WHERE ticket_id = tickets.id AND is_internal = 0) AS messages,
    (SELECT group_concat(content, ' ' || char(57344) || ' ') FROM messages
     WHERE ticket_id = tickets.id AND is_internal = 1) AS internal,
    (SELECT name || ' ' || char(57344) || ' ' || coalesce(email, '') FROM customers
     WHERE customers.id = tickets.customer_id) AS customer,
    (SELECT coalesce(max(id), 0) + 1 FROM messages WHERE ticket_id = tickets.id) AS messages_end
FROM tickets;

-- Objects whose document has changed since it was indexed, with what the index holds of them:
-- nothing (indexed = 0), or the title and customer noted here and the messages before the id
-- messages_end. A deleted ticket's row carries the text of its messages itself.
CREATE TABLE ticket_changes (
    id INTEGER PRIMARY KEY,
    workspace_id INTEGER NOT NULL,
    indexed INTEGER NOT NULL,
    messages_end INTEGER,
    messages TEXT,
    internal TEXT,
    title TEXT,
    customer TEXT
) STRICT;
CREATE TABLE customer_changes (
    id INTEGER PRIMARY KEY,
    workspace_id INTEGER NOT NULL,
    indexed INTEGER NOT NULL,
    name TEXT,
    email TEXT
) STRICT;

-- The documents of the changed tickets as the index holds them.
CREATE VIEW ticket_documents_held AS
SELECT
    id,
    workspace_id,
    indexed,
    coalesce(messages, (SELECT group_concat(content, ' ' || char(57344) || ' ') FROM messages AS m
     WHERE m.ticket_id = held.id AND m.is_internal = 0 AND m.id < held.messages_end)) AS messages,
    coalesce(internal, (SELECT group_concat(content, ' ' || char(57344) || ' ') FROM messages AS m
     WHERE m.ticket_id = held.id AND m.is_internal = 1 AND m.id < held.messages_end)) AS internal,
    title,
    customer
FROM ticket_changes AS held;

CREATE TRIGGER tickets_indexed_in AFTER INSERT ON tickets BEGIN
    INSERT OR IGNORE INTO ticket_changes (id, workspace_id, indexed)
    VALUES (new.id, new.workspace_id, 0);
END;
CREATE TRIGGER tickets_indexed_over BEFORE UPDATE OF title, customer_id ON tickets
WHEN old.title IS NOT new.title OR old.customer_id IS NOT new.customer_id BEGIN
    INSERT OR IGNORE INTO ticket_changes
    SELECT id, workspace_id, 1, messages_end, NULL, NULL, title, customer
    FROM ticket_documents WHERE id = old.id;
END;
CREATE TRIGGER tickets_indexed_out BEFORE DELETE ON tickets BEGIN
    INSERT OR IGNORE INTO ticket_changes
    SELECT id, workspace_id, 1, messages_end, NULL, NULL, title, customer
    FROM ticket_documents WHERE id = old.id;
    UPDATE ticket_changes SET (messages, internal) = (
        SELECT messages, internal FROM ticket_documents_held WHERE id = old.id
    )
    WHERE id = old.id;
END;
CREATE TRIGGER messages_indexed_in AFTER INSERT ON messages
WHEN NOT EXISTS (SELECT 1 FROM ticket_changes WHERE id = new.ticket_id) BEGIN
    INSERT INTO ticket_changes
    SELECT id, workspace_id, 1, new.id, NULL, NULL, title, customer
    FROM ticket_documents WHERE id = new.ticket_id;
END;
CREATE TRIGGER customers_indexed_in AFTER INSERT ON customers BEGIN
    INSERT OR IGNORE INTO customer_changes (id, workspace_id, indexed)
    VALUES (new.id, new.workspace_id, 0);
END;
CREATE TRIGGER customers_indexed_over BEFORE UPDATE OF name, email ON customers
WHEN old.name IS NOT new.name OR old.email IS NOT new.email BEGIN
    INSERT OR IGNORE INTO customer_changes
    VALUES (old.id, old.workspace_id, 1, old.name, old.email);
    INSERT OR IGNORE INTO ticket_changes
    SELECT id, workspace_id, 1, messages_end, NULL, NULL, title, customer
    FROM ticket_documents WHERE id IN (SELECT id FROM tickets WHERE customer_id = old.id);
END;
CREATE TRIGGER customers_indexed_out BEFORE DELETE ON customers BEGIN
    INSERT OR IGNORE INTO customer_changes
    VALUES (old.id, old.workspace_id, 1, old.name, old.email);
END;
