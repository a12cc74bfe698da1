-- Deletes at most so many conversations of a course that began before an instant, with what staff added to them and the dead
-- letters of that time; answers how many. With the rights of its owner: the service's role may not delete records. Nothing
-- younger than a day goes, whoever asks, and nothing that is not in the sums yet.
CREATE FUNCTION logs.remove_expired(course text, before timestamptz, most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  removed integer;
BEGIN
  IF before > now() - interval '1 day' THEN
    RAISE EXCEPTION 'conversations of the last day are not removed' USING ERRCODE = 'check_violation';
  END IF;
  WITH found AS (
    SELECT id, started_at FROM logs.records
     WHERE course_id = course AND started_at < before AND stored_at <= (SELECT stored_to FROM logs.use_progress)
     ORDER BY started_at, id LIMIT most
  ), gone AS (
    DELETE FROM logs.records r USING found WHERE r.id = found.id AND r.started_at = found.started_at RETURNING r.id
  ), flags AS (
    DELETE FROM logs.flags USING gone WHERE record_id = gone.id
  ), notes AS (
    DELETE FROM logs.notes USING gone WHERE record_id = gone.id
  )
  SELECT count(*) INTO removed FROM gone;
  DELETE FROM logs.dead_letters
   WHERE headers @> jsonb_build_object('Lectern-Course', jsonb_build_array(course)) AND at < before;
  RETURN removed;
END
$$;
REVOKE ALL ON FUNCTION logs.remove_expired(text, timestamptz, integer) FROM PUBLIC;

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'lectern_logger') THEN
    GRANT EXECUTE ON FUNCTION logs.remove_expired(text, timestamptz, integer) TO lectern_logger;
  END IF;
END
$$;
