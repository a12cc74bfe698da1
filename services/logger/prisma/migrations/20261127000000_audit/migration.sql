-- What staff did, and what they read.
CREATE TABLE logs.audit (
  id text NOT NULL,
  at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  actor text NOT NULL,
  actor_id text,
  address text NOT NULL,
  action text NOT NULL,
  course_id text,
  subject text,
  details jsonb NOT NULL,
  request_id text NOT NULL,
  outcome text NOT NULL,
  CONSTRAINT audit_pkey PRIMARY KEY (id)
);
CREATE INDEX audit_at_id_idx ON logs.audit (at DESC, id DESC);
CREATE INDEX audit_course_id_at_id_idx ON logs.audit (course_id, at DESC, id DESC);
CREATE INDEX audit_actor_at_id_idx ON logs.audit (actor, at DESC, id DESC);

-- Append-only for everyone, the owner included: what was done is not edited away.
CREATE FUNCTION logs.refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'audit is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON logs.audit
  FOR EACH STATEMENT EXECUTE FUNCTION logs.refuse_audit_change();

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'lectern_logger') THEN
    GRANT SELECT, INSERT ON logs.audit TO lectern_logger;
  END IF;
END $$;
