-- When a ticket was first answered: its first public message of an agent. A message counts for its
-- home, the ticket that it was written to, so a merge and its undoing change nothing. Where a home is
-- deleted, what was written to it is at home where it lies.
ALTER TABLE tickets ADD COLUMN first_response_at INTEGER;
UPDATE tickets SET first_response_at = (
    SELECT min(created_at) FROM (
        SELECT created_at FROM messages
        WHERE ticket_id = tickets.id AND home_id IS NULL AND sender = 1 AND is_internal = 0
        UNION ALL
        SELECT created_at FROM messages
        WHERE home_id = tickets.id AND sender = 1 AND is_internal = 0
    )
);
CREATE TRIGGER messages_answered_in AFTER INSERT ON messages
WHEN new.sender = 1 AND new.is_internal = 0 BEGIN
    UPDATE tickets SET first_response_at = new.created_at
    WHERE id = coalesce(new.home_id, new.ticket_id)
    AND (first_response_at IS NULL OR first_response_at > new.created_at);
END;
CREATE TRIGGER tickets_answered_out BEFORE DELETE ON tickets BEGIN
    UPDATE tickets SET first_response_at = NULL WHERE id IN (
        SELECT home_id FROM messages WHERE ticket_id = old.id AND home_id IS NOT NULL
    );
    UPDATE tickets
    SET first_response_at = min(coalesce(first_response_at, old.first_response_at), old.first_response_at)
    WHERE old.first_response_at IS NOT NULL
    AND id = (SELECT ticket_id FROM messages WHERE home_id = old.id LIMIT 1);
END;

-- What reports walk through. The columns after the instant are there to narrow a report, and to find
-- the rows of a ticket's tags and values, without reading the ticket.
CREATE INDEX tickets_answered
ON tickets (workspace_id, first_response_at, created_at, priority, assigned_to)
WHERE first_response_at IS NOT NULL;
CREATE INDEX tickets_resolved
ON tickets (workspace_id, resolved_at, created_at, priority, assigned_to)
WHERE resolved_at IS NOT NULL;
CREATE INDEX events_reopened ON events (workspace_id, created_at, ticket_number) WHERE type = 5;
-- The tags of a ticket. It is used only where owner_id > 0 is asked for: lists look for a tag's rows by
-- their whole key, since those of one tag are fewer than all.
CREATE INDEX tag_uses_owner ON tag_uses (owner_id, tag_id) WHERE owner_id > 0;
