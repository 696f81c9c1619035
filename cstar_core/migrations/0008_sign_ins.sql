-- How members sign in to the inbox. What opens something is kept as a hash of it.

-- The hash has its own salt and parameters in it, as the hasher of the program writes them.
CREATE TABLE passwords (
    member_id INTEGER PRIMARY KEY REFERENCES members (id) ON DELETE CASCADE,
    hash TEXT NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;

-- Codes that change every half minute. Their secret cannot be a hash: the codes are made of it.
-- It counts from `confirmed_at` on; up to `last_step` its codes are used up.
CREATE TABLE second_factors (
    member_id INTEGER PRIMARY KEY REFERENCES members (id) ON DELETE CASCADE,
    secret BLOB NOT NULL,
    confirmed_at INTEGER,
    last_step INTEGER NOT NULL
) STRICT;

-- What stands in for such a code, once each.
CREATE TABLE recovery_codes (
    member_id INTEGER NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    hash BLOB NOT NULL,
    PRIMARY KEY (member_id, hash)
) STRICT, WITHOUT ROWID;

-- Links with which a password is set, one of a member at a time, and one of a team for somebody who
-- is no member yet and becomes its owner.
CREATE TABLE invitations (
    id INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    team_id INTEGER NOT NULL REFERENCES teams (id),
    member_id INTEGER UNIQUE REFERENCES members (id) ON DELETE CASCADE,
    needs_password INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX invitations_owner ON invitations (team_id) WHERE member_id IS NULL;
CREATE INDEX invitations_team ON invitations (team_id, id);
CREATE INDEX invitations_expiry ON invitations (expires_at);
-- What was sent to another address is for another person.
CREATE TRIGGER members_readdressed AFTER UPDATE OF email_key ON members
WHEN old.email_key <> new.email_key BEGIN
    DELETE FROM invitations WHERE member_id = new.id;
END;

-- Browsers that are signed in; `confirmed` is 0 while the code of the second factor is missing.
CREATE TABLE sessions (
    id INTEGER PRIMARY KEY,
    uid BLOB NOT NULL UNIQUE,
    hash BLOB NOT NULL UNIQUE,
    member_id INTEGER NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    confirmed INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    user_agent TEXT,
    address TEXT
) STRICT;
CREATE INDEX sessions_member ON sessions (member_id, id);
CREATE INDEX sessions_seen ON sessions (last_seen_at);

-- Tries to sign in, by what was tried and from where, each as a hash: up to when they are paid for.
CREATE TABLE sign_in_tries (
    subject BLOB PRIMARY KEY,
    paid_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sign_in_tries_paid ON sign_in_tries (paid_until);

-- From where a member has signed in: there nobody else's tries hold the member up.
CREATE TABLE known_networks (
    member_id INTEGER NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    network BLOB NOT NULL,
    signed_in_at INTEGER NOT NULL,
    PRIMARY KEY (member_id, network)
) STRICT, WITHOUT ROWID;
