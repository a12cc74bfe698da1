-- Keys that students bring themselves, and giving an answer again. The defaults change no course.
ALTER TABLE courses
  ADD COLUMN own_keys             BOOLEAN NOT NULL DEFAULT false,
  ADD COLUMN answer_cache         TEXT NOT NULL DEFAULT 'off' CHECK (answer_cache IN ('off', 'free', 'charged')),
  ADD COLUMN answer_cache_minutes INTEGER NOT NULL DEFAULT 60 CHECK (answer_cache_minutes > 0);

-- `sealed` is what a gateway encrypted; null where the key was removed. Then the row stays without it, so that whoever read it
-- before can be told from whoever read it after.
CREATE TABLE provider_keys (
  student_id TEXT NOT NULL,
  provider   TEXT NOT NULL,
  sealed     TEXT,
  hint       TEXT NOT NULL,
  version    INTEGER NOT NULL DEFAULT 1,
  created_at TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT provider_keys_pkey PRIMARY KEY (student_id, provider),
  CONSTRAINT provider_keys_student_id_fkey FOREIGN KEY (student_id) REFERENCES students (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  -- Nothing is left of a key that was removed.
  CONSTRAINT provider_keys_removed_check CHECK (sealed IS NOT NULL OR hint = '')
);
CREATE INDEX provider_keys_updated_at_idx ON provider_keys (updated_at);

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'lectern_quota') THEN
    GRANT SELECT, INSERT, UPDATE ON provider_keys TO lectern_quota;
  END IF;
END $$;
