-- Which object of ours an object of another system, or a row of a file, has become, so that an
-- import can be repeated and goes on where it was cut short. It goes with its object.
CREATE TABLE external_ids (
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    source TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('tickets', 'customers')),
    external_id TEXT NOT NULL,
    ticket_id INTEGER REFERENCES tickets (id) ON DELETE CASCADE,
    customer_id INTEGER REFERENCES customers (id) ON DELETE CASCADE,
    PRIMARY KEY (workspace_id, source, kind, external_id),
    CHECK ((ticket_id IS NOT NULL) = (kind = 'tickets')),
    CHECK ((customer_id IS NOT NULL) = (kind = 'customers'))
) STRICT, WITHOUT ROWID;
CREATE INDEX external_ids_ticket ON external_ids (ticket_id) WHERE ticket_id IS NOT NULL;
CREATE INDEX external_ids_customer ON external_ids (customer_id) WHERE customer_id IS NOT NULL;
