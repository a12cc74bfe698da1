-- How a course uses what it has, summed up in the background, so that nobody who looks at it reads millions of records. The sums
-- hold no text, and stay when records go.

-- By quarter hours: every zone's days and hours begin with one. `paid`: a provider was asked at the course's cost.
CREATE TABLE logs.use_quarters (
  course_id text NOT NULL,
  week smallint NOT NULL,
  at timestamptz(0) NOT NULL,
  model text NOT NULL,
  outcome text NOT NULL,
  -- Empty: none.
  error_code text NOT NULL,
  paid boolean NOT NULL,
  requests integer NOT NULL,
  input_tokens bigint NOT NULL,
  cached_tokens bigint NOT NULL,
  output_tokens bigint NOT NULL,
  charge_tokens bigint NOT NULL,
  CONSTRAINT use_quarters_pkey PRIMARY KEY (course_id, week, at, model, outcome, error_code, paid)
);

CREATE TABLE logs.use_students (
  course_id text NOT NULL,
  week smallint NOT NULL,
  student_id text NOT NULL,
  requests integer NOT NULL,
  charge_tokens bigint NOT NULL,
  CONSTRAINT use_students_pkey PRIMARY KEY (course_id, week, student_id)
);

-- Times to the first token: `bucket` is the logarithm of the milliseconds to the base 1.1.
CREATE TABLE logs.use_first_tokens (
  course_id text NOT NULL,
  week smallint NOT NULL,
  model text NOT NULL,
  bucket smallint NOT NULL,
  requests integer NOT NULL,
  CONSTRAINT use_first_tokens_pkey PRIMARY KEY (course_id, week, model, bucket)
);

-- The records stored until then are in the sums, those after it are not: written in one transaction with them. One row.
CREATE TABLE logs.use_progress (
  id integer NOT NULL,
  stored_to timestamptz(3) NOT NULL,
  CONSTRAINT use_progress_pkey PRIMARY KEY (id),
  CONSTRAINT use_progress_one CHECK (id = 1)
);
INSERT INTO logs.use_progress (id, stored_to)
SELECT 1, CASE WHEN EXISTS (SELECT FROM logs.records) THEN '1970-01-01T00:00:00Z' ELSE now() END;

-- In the order of storing; a batch has one instant, so it costs some bytes a record.
CREATE INDEX records_stored_at_idx ON logs.records (stored_at);

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'lectern_logger') THEN
    GRANT SELECT, INSERT, UPDATE ON logs.use_quarters, logs.use_students, logs.use_first_tokens TO lectern_logger;
    GRANT SELECT, UPDATE ON logs.use_progress TO lectern_logger;
  END IF;
END
$$;
