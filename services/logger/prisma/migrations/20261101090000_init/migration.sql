-- Conversation records, partitioned by month of the request's start. The partitions live in a schema of their own, so
-- that `logs` shows one table to people and to Prisma.

CREATE TABLE logs.records (
  id text NOT NULL,
  course_id text NOT NULL,
  student_id text NOT NULL,
  week smallint NOT NULL,
  endpoint text NOT NULL,
  stream boolean NOT NULL,
  model text NOT NULL,
  provider text,
  provider_model text,
  input_tokens bigint NOT NULL,
  output_tokens bigint NOT NULL,
  cached_tokens bigint NOT NULL,
  usage_source text NOT NULL,
  charge_tokens bigint NOT NULL,
  outcome text NOT NULL,
  error_code text,
  started_at timestamptz(3) NOT NULL,
  first_token_ms double precision,
  total_ms double precision NOT NULL,
  prompt_version_id text,
  prompt_version integer,
  rule_hits jsonb NOT NULL,
  trace_id text,
  messages jsonb NOT NULL,
  parameters jsonb NOT NULL,
  answers jsonb NOT NULL,
  question text NOT NULL,
  answer text NOT NULL,
  search_text text NOT NULL,
  stored_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT records_pkey PRIMARY KEY (id, started_at)
) PARTITION BY RANGE (started_at);

CREATE INDEX records_course_id_started_at_id_idx ON logs.records (course_id, started_at DESC, id DESC);
CREATE INDEX records_student_id_started_at_id_idx ON logs.records (student_id, started_at DESC, id DESC);
CREATE INDEX records_started_at_id_idx ON logs.records (started_at DESC, id DESC);

-- Three times as fast as Postgres' own compression, and no larger (measured with 330 kB of messages). Not every server
-- was built with it.
DO $$
BEGIN
  ALTER TABLE logs.records
    ALTER COLUMN messages SET COMPRESSION lz4,
    ALTER COLUMN parameters SET COMPRESSION lz4,
    ALTER COLUMN answers SET COMPRESSION lz4,
    ALTER COLUMN search_text SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
  RAISE NOTICE 'no lz4 (%): records are compressed by pglz', SQLERRM;
END
$$;

-- Search reads a trigram index where the server has the extension and this user may add it; else it reads the rows.
-- In a database whose LC_CTYPE is C, trigrams see ASCII letters only: use C.UTF-8 or a language's UTF-8 locale.
DO $$
DECLARE
  trigrams_schema text;
BEGIN
  BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;
  EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported OR invalid_schema_name THEN
    RAISE NOTICE 'no pg_trgm (%): search of conversations works, but reads every row of its filter', SQLERRM;
  END;
  SELECT nspname INTO trigrams_schema
    FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace WHERE extname = 'pg_trgm';
  IF FOUND THEN
    EXECUTE format(
      'CREATE INDEX records_search_text_idx ON logs.records USING gin (search_text %I.gin_trgm_ops)',
      trigrams_schema
    );
  END IF;
END
$$;

CREATE SCHEMA IF NOT EXISTS logs_parts;

-- Catches what no month's partition takes: an instant outside all of them. The logger adds the months ahead of time.
CREATE TABLE logs_parts.records_other PARTITION OF logs.records DEFAULT;

-- Makes the partition of the month (UTC) in which `instant` falls; does nothing where it exists. Rows of that month that
-- meanwhile went to the default partition are moved. With the rights of its owner: the service's role may not create tables.
CREATE FUNCTION logs.add_partition(instant timestamptz) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  first_day timestamptz := date_trunc('month', instant);
  next_month timestamptz := date_trunc('month', instant) + interval '1 month';
  part text := to_char(date_trunc('month', instant), '"records_"YYYY_MM');
BEGIN
  -- Two replicas at once: the second waits, and then finds the partition there.
  PERFORM pg_advisory_xact_lock(hashtext('lectern-logs-partitions'));
  IF to_regclass(format('logs_parts.%I', part)) IS NOT NULL THEN
    RETURN NULL;
  END IF;
  -- Nothing may enter the default partition between the move and the attachment. Once a month, for milliseconds.
  LOCK TABLE logs_parts.records_other IN ACCESS EXCLUSIVE MODE;
  EXECUTE format(
    'CREATE TABLE logs_parts.%I (LIKE logs.records INCLUDING DEFAULTS INCLUDING COMPRESSION INCLUDING INDEXES)', part
  );
  EXECUTE format(
    'WITH moved AS (DELETE FROM logs_parts.records_other WHERE started_at >= $1 AND started_at < $2 RETURNING *)
     INSERT INTO logs_parts.%I SELECT * FROM moved',
    part
  ) USING first_day, next_month;
  EXECUTE format(
    'ALTER TABLE logs.records ATTACH PARTITION logs_parts.%I FOR VALUES FROM (%L) TO (%L)',
    part, first_day, next_month
  );
  RETURN part;
END
$$;
REVOKE ALL ON FUNCTION logs.add_partition(timestamptz) FROM PUBLIC;

CREATE TABLE logs.dead_letters (
  id text NOT NULL,
  consumer text NOT NULL,
  subject text NOT NULL,
  headers jsonb NOT NULL,
  body bytea NOT NULL,
  reason text NOT NULL,
  at timestamptz(3) NOT NULL,
  CONSTRAINT dead_letters_pkey PRIMARY KEY (id)
);
CREATE INDEX dead_letters_at_id_idx ON logs.dead_letters (at DESC, id DESC);

-- What was kept is not rewritten: the service's own role may add and read.
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'lectern_logger') THEN
    GRANT USAGE ON SCHEMA logs TO lectern_logger;
    GRANT SELECT, INSERT ON logs.records, logs.dead_letters TO lectern_logger;
    GRANT EXECUTE ON FUNCTION logs.add_partition(timestamptz) TO lectern_logger;
  END IF;
END
$$;
