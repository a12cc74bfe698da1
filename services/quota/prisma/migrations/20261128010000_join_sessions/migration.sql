-- Students who join by a code, with what they accepted; their sessions on the page; keys for a few minutes.

-- Each text that somebody has accepted, once, by its SHA-256.
CREATE TABLE consent_texts (
  version    TEXT NOT NULL,
  text       TEXT NOT NULL,
  created_at TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT consent_texts_pkey PRIMARY KEY (version)
);

ALTER TABLE students
  ADD COLUMN consent_version TEXT,
  ADD COLUMN consented_at    TIMESTAMPTZ(3),
  ADD CONSTRAINT students_consent_version_fkey FOREIGN KEY (consent_version) REFERENCES consent_texts (version) ON DELETE RESTRICT ON UPDATE CASCADE;

-- `parent_id`: the key that a session key was made by, and ends with.
ALTER TABLE api_keys
  ADD COLUMN parent_id  TEXT,
  ADD COLUMN expires_at TIMESTAMPTZ(3),
  ADD CONSTRAINT api_keys_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES api_keys (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  ADD CONSTRAINT api_keys_session_check CHECK ((parent_id IS NULL) = (expires_at IS NULL));
CREATE INDEX api_keys_parent_id_idx ON api_keys (parent_id);

CREATE TABLE student_sessions (
  hash       TEXT NOT NULL,
  key_id     TEXT NOT NULL,
  created_at TIMESTAMPTZ(3) NOT NULL,
  used_at    TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT student_sessions_pkey PRIMARY KEY (hash),
  CONSTRAINT student_sessions_key_id_fkey FOREIGN KEY (key_id) REFERENCES api_keys (id) ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE INDEX student_sessions_key_id_idx ON student_sessions (key_id);

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'lectern_quota') THEN
    GRANT SELECT, INSERT ON consent_texts TO lectern_quota;
    GRANT SELECT, INSERT, UPDATE, DELETE ON student_sessions TO lectern_quota;
  END IF;
END $$;
