-- Who is told of events over HTTP, and how that went.

-- `cursor` is the number of the last event that has become a delivery or was passed over.
-- A secret is kept as it is: it signs. `failing_since` is the first failure after the last success.
-- A webhook that is deleted is emptied, and goes once its deliveries are gone.
CREATE TABLE webhooks (
    id INTEGER PRIMARY KEY,
    uid BLOB NOT NULL UNIQUE,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    name TEXT NOT NULL,
    url TEXT NOT NULL,
    events TEXT NOT NULL,
    is_active INTEGER NOT NULL,
    disabled_at INTEGER,
    disabled_reason TEXT,
    secret TEXT NOT NULL,
    older_secret TEXT,
    older_until INTEGER,
    cursor INTEGER NOT NULL,
    failing_since INTEGER,
    is_deleted INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT;
CREATE INDEX webhooks_workspace ON webhooks (workspace_id, id);

-- `status` is 0 for what is in line, 1 for what waits behind another of the same `lane` (a ticket or
-- another object), 2 for what was delivered, 3 for what failed. A test has no event. `attempts` counts
-- all of them, `tries` those since it was put in line.
CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    webhook_id INTEGER NOT NULL REFERENCES webhooks (id),
    event_number INTEGER,
    lane BLOB NOT NULL,
    type INTEGER,
    status INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    finished_at INTEGER,
    UNIQUE (webhook_id, event_number)
) STRICT;
CREATE INDEX deliveries_status ON deliveries (webhook_id, status, id);
CREATE INDEX deliveries_due ON deliveries (webhook_id, due_at, id) WHERE status = 0;
CREATE INDEX deliveries_lane ON deliveries (webhook_id, lane, event_number) WHERE status < 2;
CREATE INDEX deliveries_finished ON deliveries (finished_at) WHERE finished_at IS NOT NULL;

-- What each attempt got: the status of the answer and its first bytes, or why there was none.
CREATE TABLE attempts (
    delivery_id INTEGER NOT NULL REFERENCES deliveries (id),
    number INTEGER NOT NULL,
    attempted_at INTEGER NOT NULL,
    status INTEGER,
    error TEXT,
    answer BLOB NOT NULL,
    milliseconds INTEGER NOT NULL,
    PRIMARY KEY (delivery_id, number)
) STRICT, WITHOUT ROWID;
