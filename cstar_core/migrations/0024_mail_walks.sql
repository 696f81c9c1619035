-- What is looked for in a ledger of a million mails, and was walked through: the mails of a mailbox with
-- a verdict, those from an address, what has been in line for longest, and what was lost lately.
CREATE INDEX mails_mailbox_verdict ON mails (mailbox_id, verdict) WHERE mailbox_id IS NOT NULL;
CREATE INDEX mails_sender ON mails (workspace_id, sender_key) WHERE sender_key IS NOT NULL;
CREATE INDEX mails_envelope ON mails (workspace_id, lower(envelope_from))
WHERE lower(envelope_from) IS NOT NULL;
CREATE INDEX outgoing_mails_since ON outgoing_mails (since) WHERE due_at IS NOT NULL;
CREATE INDEX outgoing_mails_lost ON outgoing_mails (finished_at) WHERE state IN (3, 4);
