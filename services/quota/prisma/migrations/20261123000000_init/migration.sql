CREATE TABLE courses (
  id                  TEXT NOT NULL,
  name                TEXT NOT NULL,
  timezone            TEXT NOT NULL,
  starts_on           DATE NOT NULL,
  weeks               INTEGER NOT NULL CHECK (weeks > 0),
  weekly_tokens       BIGINT NOT NULL CHECK (weekly_tokens >= 0),
  default_max_tokens  INTEGER NOT NULL CHECK (default_max_tokens > 0),
  models              TEXT[],
  requests_per_minute INTEGER NOT NULL CHECK (requests_per_minute > 0),
  parallel_requests   INTEGER NOT NULL CHECK (parallel_requests > 0),
  version             INTEGER NOT NULL DEFAULT 1,
  created_at          TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at          TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT courses_pkey PRIMARY KEY (id)
);

CREATE TABLE students (
  id         TEXT NOT NULL,
  course_id  TEXT NOT NULL,
  name       TEXT NOT NULL,
  email      TEXT,
  active     BOOLEAN NOT NULL DEFAULT true,
  created_at TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT students_pkey PRIMARY KEY (id),
  CONSTRAINT students_course_id_fkey FOREIGN KEY (course_id) REFERENCES courses (id) ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE UNIQUE INDEX students_course_id_email_key ON students (course_id, email);
CREATE INDEX students_course_id_id_idx ON students (course_id, id);

CREATE TABLE api_keys (
  id         TEXT NOT NULL,
  student_id TEXT NOT NULL,
  hash       TEXT NOT NULL,
  hint       TEXT NOT NULL,
  created_at TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  revoked_at TIMESTAMPTZ(3),
  CONSTRAINT api_keys_pkey PRIMARY KEY (id),
  CONSTRAINT api_keys_student_id_fkey FOREIGN KEY (student_id) REFERENCES students (id) ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE UNIQUE INDEX api_keys_hash_key ON api_keys (hash);
CREATE INDEX api_keys_student_id_idx ON api_keys (student_id);
CREATE INDEX api_keys_revoked_at_idx ON api_keys (revoked_at);

CREATE TABLE ledger_entries (
  id             BIGSERIAL NOT NULL,
  kind           TEXT NOT NULL,
  student_id     TEXT NOT NULL,
  course_id      TEXT NOT NULL,
  week           INTEGER NOT NULL CHECK (week > 0),
  tokens         BIGINT NOT NULL,
  reservation_id TEXT,
  grant_id       TEXT,
  model          TEXT,
  input_tokens   BIGINT,
  output_tokens  BIGINT,
  actor          TEXT,
  reason         TEXT,
  created_at     TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT ledger_entries_pkey PRIMARY KEY (id),
  CONSTRAINT ledger_entries_student_id_fkey FOREIGN KEY (student_id) REFERENCES students (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  -- What an entry may do to a balance, whoever writes it.
  CONSTRAINT ledger_entries_kind_check CHECK (
    CASE kind
      WHEN 'allowance' THEN tokens >= 0 AND grant_id IS NOT NULL AND reservation_id IS NULL
      WHEN 'grant'     THEN grant_id IS NOT NULL AND reservation_id IS NULL
      WHEN 'settle'    THEN tokens <= 0 AND reservation_id IS NOT NULL AND grant_id IS NULL
      WHEN 'release'   THEN tokens = 0 AND reservation_id IS NOT NULL AND grant_id IS NULL
      WHEN 'expire'    THEN tokens = 0 AND reservation_id IS NOT NULL AND grant_id IS NULL
      ELSE false
    END
  )
);
CREATE UNIQUE INDEX ledger_entries_grant_id_key ON ledger_entries (grant_id);
CREATE UNIQUE INDEX ledger_entries_reservation_id_kind_key ON ledger_entries (reservation_id, kind);
CREATE INDEX ledger_entries_student_id_week_id_idx ON ledger_entries (student_id, week, id);

-- Append-only for everyone, the owner included: a mistake is corrected by another entry.
CREATE FUNCTION refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'ledger_entries is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER ledger_entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entries
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change();

-- The service's own role, where the installation uses one: it can neither edit the ledger nor delete anything.
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'lectern_quota') THEN
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO lectern_quota', current_schema());
    GRANT SELECT, INSERT, UPDATE ON courses, students, api_keys TO lectern_quota;
    GRANT SELECT, INSERT ON ledger_entries TO lectern_quota;
    GRANT USAGE ON SEQUENCE ledger_entries_id_seq TO lectern_quota;
  END IF;
END $$;
