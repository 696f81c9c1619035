-- The shared views of a workspace, in their order, without a look at those of each member alone.
CREATE INDEX views_shared ON views (workspace_id, is_shared, position);
