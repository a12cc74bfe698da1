-- Deleting what one student wrote and was answered. What the accounting needs stays: who, when, which model, how many tokens.

CREATE TABLE logs.erasures (
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  student_id text NOT NULL,
  reason text NOT NULL,
  actor text NOT NULL,
  -- Everything that began until then.
  at timestamptz(3) NOT NULL,
  records integer NOT NULL,
  first_at timestamptz(3),
  last_at timestamptz(3),
  -- SHA-256 of the records' ids in order, each on a line: whoever has the table can make it again.
  digest text NOT NULL,
  CONSTRAINT erasures_pkey PRIMARY KEY (id)
);
CREATE INDEX erasures_student_id_at_idx ON logs.erasures (student_id, at);

-- Takes the texts out of at most so many records of a student that began until an instant, and out of dead letters; answers how
-- many records still had one. With the rights of its owner: the service's role may not change records.
CREATE FUNCTION logs.erase_texts(student text, until timestamptz, most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  erased integer;
BEGIN
  WITH found AS (
    SELECT id, started_at FROM logs.records
     WHERE student_id = student AND started_at <= until
       AND (messages <> '[]' OR answers <> '[]' OR parameters <> '{}' OR question <> '' OR answer <> '' OR search_text <> '')
     ORDER BY started_at, id LIMIT most FOR UPDATE
  )
  UPDATE logs.records r
     SET messages = '[]', answers = '[]', parameters = '{}', question = '', answer = '', search_text = ''
    FROM found WHERE r.id = found.id AND r.started_at = found.started_at;
  GET DIAGNOSTICS erased = ROW_COUNT;
  -- A record that comes late may also end here. Its headers have what the ledger needs.
  UPDATE logs.dead_letters SET body = '', headers = headers - 'Lectern-Reason', reason = 'erased'
   WHERE headers @> jsonb_build_object('Lectern-Student', jsonb_build_array(student))
     AND at <= until + interval '8 days' AND (body <> '' OR reason <> 'erased');
  RETURN erased;
END
$$;
REVOKE ALL ON FUNCTION logs.erase_texts(text, timestamptz, integer) FROM PUBLIC;

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'lectern_logger') THEN
    GRANT SELECT, INSERT ON logs.erasures TO lectern_logger;
    GRANT EXECUTE ON FUNCTION logs.erase_texts(text, timestamptz, integer) TO lectern_logger;
  END IF;
END
$$;
