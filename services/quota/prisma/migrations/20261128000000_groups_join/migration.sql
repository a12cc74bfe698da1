-- Groups with an allowance of their own, and joining by a code. The defaults change no course and no student.
ALTER TABLE courses
  ADD COLUMN group_tokens JSONB NOT NULL DEFAULT '{}',
  ADD COLUMN join_code    TEXT,
  ADD COLUMN join_domains TEXT[] DEFAULT ARRAY[]::TEXT[],
  ADD COLUMN consent_text TEXT;
CREATE UNIQUE INDEX courses_join_code_key ON courses (join_code);

ALTER TABLE students ADD COLUMN group_name TEXT;

CREATE TABLE bulk_grants (
  id         TEXT NOT NULL,
  course_id  TEXT NOT NULL,
  target     JSONB NOT NULL,
  week       INTEGER NOT NULL,
  tokens     BIGINT NOT NULL,
  reason     TEXT NOT NULL,
  actor      TEXT NOT NULL,
  students   INTEGER NOT NULL,
  created_at TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT bulk_grants_pkey PRIMARY KEY (id),
  CONSTRAINT bulk_grants_course_id_fkey FOREIGN KEY (course_id) REFERENCES courses (id) ON DELETE RESTRICT ON UPDATE CASCADE
);

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'lectern_quota') THEN
    GRANT SELECT, INSERT ON bulk_grants TO lectern_quota;
  END IF;
END $$;
