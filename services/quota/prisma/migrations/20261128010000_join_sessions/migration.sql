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

-- Keys for a few minutes, each in the name of a key of the roster, with which it ends. Apart from those: the rows of api_keys
-- stay, and a restore takes them over.
CREATE TABLE session_keys (
  hash       TEXT NOT NULL,
  key_id     TEXT NOT NULL,
  expires_at TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT session_keys_pkey PRIMARY KEY (hash),
  CONSTRAINT session_keys_key_id_fkey FOREIGN KEY (key_id) REFERENCES api_keys (id) ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE INDEX session_keys_key_id_idx ON session_keys (key_id);

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
    GRANT SELECT, INSERT, DELETE ON session_keys TO lectern_quota;
  END IF;
END $$;
