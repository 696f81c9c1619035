-- How many files there are, and of how many bytes: one row that triggers keep, for who watches it.
CREATE TABLE file_totals (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    files INTEGER NOT NULL,
    bytes INTEGER NOT NULL
) STRICT;
INSERT INTO file_totals SELECT 1, count(*), coalesce(sum(size), 0) FROM blobs;
CREATE TRIGGER blobs_in AFTER INSERT ON blobs BEGIN
    UPDATE file_totals SET files = files + 1, bytes = bytes + new.size WHERE id = 1;
END;
CREATE TRIGGER blobs_out AFTER DELETE ON blobs BEGIN
    UPDATE file_totals SET files = files - 1, bytes = bytes - old.size WHERE id = 1;
END;
