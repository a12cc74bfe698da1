-- Versions that come into force at a time, and those of them that were taken back before. NULL: as it was published.
ALTER TABLE prompts.versions
  ADD COLUMN publish_at   timestamptz(3),
  ADD COLUMN withdrawn_at timestamptz(3);
CREATE INDEX versions_publish_at_idx ON prompts.versions (publish_at);

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'lectern_prompts') THEN
    GRANT UPDATE (withdrawn_at) ON prompts.versions TO lectern_prompts;
  END IF;
END
$$;
