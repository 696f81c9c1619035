-- Removing a mailbox looked at all mails that ever went out.
CREATE INDEX outgoing_mails_mailbox ON outgoing_mails (mailbox_id) WHERE mailbox_id IS NOT NULL;
