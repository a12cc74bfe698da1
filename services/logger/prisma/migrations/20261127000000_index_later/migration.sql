-- Search's index is made after the record is stored: a record costs a tenth of what its trigrams cost one by one, and a
-- hundred of them at once cost a tenth of that. Until then `indexed` is false, and a search reads the text itself. Processes of
-- the version before store, and search, as they did: they only read more.

ALTER TABLE logs.records ADD COLUMN indexed boolean NOT NULL DEFAULT false;
DROP INDEX IF EXISTS logs.records_search_text_idx;

-- What is not indexed yet: the work of the indexing, and what a search reads beside the index.
CREATE INDEX records_waiting_idx ON logs.records (started_at) WHERE NOT indexed;

DO $$
DECLARE
  trigrams_schema text;
BEGIN
  SELECT nspname INTO trigrams_schema
    FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace WHERE extname = 'pg_trgm';
  IF FOUND THEN
    EXECUTE format(
      'CREATE INDEX records_search_text_idx ON logs.records USING gin (search_text %I.gin_trgm_ops) WHERE indexed',
      trigrams_schema
    );
  END IF;
END
$$;

-- Indexes up to `most` of the records that wait, and answers how many; 0 also where another process is at it, or where the
-- server has no trigrams. GIN takes them as a list first, and sorts that in one go into its tree: measured ten times as fast as one by
-- one. The list must not be sorted in between, hence its limit. With the rights of its owner: the service's role may not rewrite.
-- In order, so that Postgres asks the index for what waits: else it would go through all that is indexed already each time.
CREATE FUNCTION logs.index_records(most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET gin_pending_list_limit = '1GB' AS $$
DECLARE
  part regclass;
  trigrams regclass;
  updated integer;
  done integer := 0;
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtext('lectern-logs-index')) THEN
    RETURN 0;
  END IF;
  FOR part, trigrams IN
    SELECT indrelid, indexrelid
      FROM pg_inherits JOIN pg_index ON indrelid = inhrelid
      JOIN pg_class index ON index.oid = indexrelid JOIN pg_am ON pg_am.oid = index.relam
     WHERE inhparent = 'logs.records'::regclass AND amname = 'gin'
     ORDER BY indrelid DESC
  LOOP
    EXECUTE format(
      'UPDATE %s SET indexed = true WHERE ctid = ANY (ARRAY(SELECT ctid FROM %s WHERE NOT indexed ORDER BY started_at DESC LIMIT $1))',
      part, part
    ) USING most - done;
    GET DIAGNOSTICS updated = ROW_COUNT;
    IF updated > 0 THEN
      PERFORM gin_clean_pending_list(trigrams);
      done := done + updated;
    END IF;
    EXIT WHEN done >= most;
  END LOOP;
  RETURN done;
END
$$;
REVOKE ALL ON FUNCTION logs.index_records(integer) FROM PUBLIC;
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'lectern_logger') THEN
    GRANT EXECUTE ON FUNCTION logs.index_records(integer) TO lectern_logger;
  END IF;
END
$$;
