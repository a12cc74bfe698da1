-- With what is added up, kind and tokens, in the index: a student's entries lie far apart in the table, here side by side.
DROP INDEX ledger_entries_student_id_week_id_idx;
CREATE INDEX ledger_entries_student_id_week_id_kind_tokens_idx ON ledger_entries (student_id, week, id, kind, tokens);

-- The index alone answers for pages that a vacuum has seen. By default one comes when a fifth of the table is new, so hardly
-- for the running week, which is the one that is asked for. It only reads the pages that are new.
ALTER TABLE ledger_entries SET (autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 100000);
