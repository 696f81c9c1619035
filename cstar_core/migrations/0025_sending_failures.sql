-- Since when the server of a mailbox takes no mail at all, whatever it is, and why; null while it does.
ALTER TABLE mailboxes ADD COLUMN sending_failing_since INTEGER;
ALTER TABLE mailboxes ADD COLUMN sending_failure TEXT;
