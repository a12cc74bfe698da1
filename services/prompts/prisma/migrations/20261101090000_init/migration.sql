-- Prompts and rules of each course's weeks.

CREATE TABLE prompts.version_counters (
  course_id text NOT NULL,
  version integer NOT NULL,
  CONSTRAINT version_counters_pkey PRIMARY KEY (course_id)
);

CREATE TABLE prompts.versions (
  id text NOT NULL,
  course_id text NOT NULL,
  version integer NOT NULL,
  from_week smallint NOT NULL,
  to_week smallint NOT NULL,
  text text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT versions_pkey PRIMARY KEY (id),
  CONSTRAINT versions_weeks_check CHECK (1 <= from_week AND from_week <= to_week),
  CONSTRAINT versions_version_check CHECK (1 <= version)
);
CREATE UNIQUE INDEX versions_course_id_version_key ON prompts.versions (course_id, version);

CREATE TABLE prompts.rules (
  id text NOT NULL,
  course_id text NOT NULL,
  kind text NOT NULL,
  pattern text NOT NULL,
  message text NOT NULL,
  from_week smallint NOT NULL,
  to_week smallint NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  removed_at timestamptz(3),
  CONSTRAINT rules_pkey PRIMARY KEY (id),
  CONSTRAINT rules_kind_check CHECK (kind IN ('block', 'guide')),
  CONSTRAINT rules_weeks_check CHECK (1 <= from_week AND from_week <= to_week)
);
CREATE INDEX rules_course_id_created_at_id_idx ON prompts.rules (course_id, created_at, id);

-- The service's own role may publish and read, but not rewrite what was published.
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'lectern_prompts') THEN
    GRANT USAGE ON SCHEMA prompts TO lectern_prompts;
    GRANT SELECT, INSERT, UPDATE ON prompts.version_counters TO lectern_prompts;
    GRANT SELECT, INSERT ON prompts.versions TO lectern_prompts;
    GRANT SELECT, INSERT ON prompts.rules TO lectern_prompts;
    GRANT UPDATE (removed_at) ON prompts.rules TO lectern_prompts;
  END IF;
END
$$;
