-- What staff add to a conversation. Beside the records, which are not rewritten; without a reference, because a record is only
-- unique together with its start.

CREATE TABLE logs.flags (
  record_id text NOT NULL,
  started_at timestamptz(3) NOT NULL,
  course_id text NOT NULL,
  flagged_by text NOT NULL,
  flagged_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT flags_pkey PRIMARY KEY (record_id)
);
CREATE INDEX flags_course_id_started_at_record_id_idx ON logs.flags (course_id, started_at DESC, record_id DESC);

CREATE TABLE logs.notes (
  id text NOT NULL,
  record_id text NOT NULL,
  student_id text NOT NULL,
  author text NOT NULL,
  text text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT notes_pkey PRIMARY KEY (id)
);
CREATE INDEX notes_record_id_created_at_id_idx ON logs.notes (record_id, created_at, id);
CREATE INDEX notes_student_id_idx ON logs.notes (student_id);

-- Only the few that a rule has hit: the others pay nothing for it.
CREATE INDEX records_hit_idx ON logs.records (course_id, started_at DESC, id DESC) WHERE rule_hits <> '[]'::jsonb;

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'lectern_logger') THEN
    GRANT SELECT, INSERT, DELETE ON logs.flags, logs.notes TO lectern_logger;
  END IF;
END
$$;
