-- What makes the pseudonyms of a course: stable within it, and telling nothing to who does not have the secret.
CREATE TABLE logs.pseudonym_secrets (
  course_id text NOT NULL,
  secret bytea NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT pseudonym_secrets_pkey PRIMARY KEY (course_id)
);

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'lectern_logger') THEN
    GRANT SELECT, INSERT ON logs.pseudonym_secrets TO lectern_logger;
  END IF;
END
$$;
