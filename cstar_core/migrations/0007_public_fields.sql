-- Whether customers see a field of tickets and fill it in.
ALTER TABLE custom_fields ADD COLUMN public INTEGER NOT NULL DEFAULT 0
    CHECK (public = 0 OR entity_type = 'tickets');
