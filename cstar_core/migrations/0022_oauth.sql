-- How a mailbox signs in with tokens of OAuth 2 in place of passwords. `oauth` is JSON of who gives the
-- tokens and for what; the secrets with which they are asked for stand apart. `oauth_renewing` is until
-- when one program alone may ask, since a refresh token may be good for one use only.
-- `oauth_failing_since` is null while tokens are given, `oauth_failure` says why none was.
ALTER TABLE mailboxes ADD COLUMN oauth TEXT;
ALTER TABLE mailboxes ADD COLUMN oauth_client_secret TEXT;
ALTER TABLE mailboxes ADD COLUMN oauth_refresh_token TEXT;
ALTER TABLE mailboxes ADD COLUMN oauth_renewing INTEGER;
ALTER TABLE mailboxes ADD COLUMN oauth_failing_since INTEGER;
ALTER TABLE mailboxes ADD COLUMN oauth_failure TEXT;
