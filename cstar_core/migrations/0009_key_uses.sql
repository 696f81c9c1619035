-- When a key was last used, to the hour; null until a use was written down.
ALTER TABLE keys ADD COLUMN last_used_at INTEGER;
