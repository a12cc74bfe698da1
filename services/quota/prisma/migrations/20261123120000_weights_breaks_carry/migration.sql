-- Model weights, breaks, tokens outside the weeks, carry-over, and two more limits. The defaults change no course.
ALTER TABLE courses
  ADD COLUMN model_weights            JSONB NOT NULL DEFAULT '{}',
  ADD COLUMN breaks                   JSONB NOT NULL DEFAULT '[]',
  ADD COLUMN outside_tokens           BIGINT CHECK (outside_tokens >= 0),
  ADD COLUMN carry_over_tokens        BIGINT NOT NULL DEFAULT 0 CHECK (carry_over_tokens >= 0),
  ADD COLUMN tokens_per_minute        INTEGER CHECK (tokens_per_minute > 0),
  ADD COLUMN course_parallel_requests INTEGER CHECK (course_parallel_requests > 0);

-- One more kind, `carry`. Every row that the old check admitted passes the new one, so no row is read again.
ALTER TABLE ledger_entries DROP CONSTRAINT ledger_entries_kind_check;
ALTER TABLE ledger_entries ADD CONSTRAINT ledger_entries_kind_check CHECK (
  CASE kind
    WHEN 'allowance' THEN tokens >= 0 AND grant_id IS NOT NULL AND reservation_id IS NULL
    WHEN 'carry'     THEN tokens >= 0 AND grant_id IS NOT NULL AND reservation_id IS NULL
    WHEN 'grant'     THEN grant_id IS NOT NULL AND reservation_id IS NULL
    WHEN 'settle'    THEN tokens <= 0 AND reservation_id IS NOT NULL AND grant_id IS NULL
    WHEN 'release'   THEN tokens = 0 AND reservation_id IS NOT NULL AND grant_id IS NULL
    WHEN 'expire'    THEN tokens = 0 AND reservation_id IS NOT NULL AND grant_id IS NULL
    ELSE false
  END
) NOT VALID;
