-- How often a student's requests were refused in a week, and why: there is no other trace of them.

CREATE TABLE refusals (
  course_id  TEXT NOT NULL,
  week       INTEGER NOT NULL,
  reason     TEXT NOT NULL,
  student_id TEXT NOT NULL,
  requests   BIGINT NOT NULL,
  last_at    TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT refusals_pkey PRIMARY KEY (course_id, week, reason, student_id)
);

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'lectern_quota') THEN
    GRANT SELECT, INSERT, UPDATE ON refusals TO lectern_quota;
  END IF;
END $$;
