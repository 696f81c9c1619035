-- The marks of desks that a mail bore: only the automatic answer to it needs them, which has the mail.
ALTER TABLE mail_heads DROP COLUMN loops;
