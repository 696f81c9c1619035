-- Which version of cStar has brought the file to which schema. A version that is older than the file
-- names what the last row names when it refuses it.
CREATE TABLE upgrades (
    schema INTEGER PRIMARY KEY,
    cstar TEXT NOT NULL
) STRICT;
