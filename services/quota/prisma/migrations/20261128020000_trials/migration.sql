-- Accounts on which staff try prompts: beside the roster, with a ledger like everybody's. Their keys live a few minutes and are made
-- by no other key.

ALTER TABLE students ADD COLUMN trial BOOLEAN NOT NULL DEFAULT false;

ALTER TABLE session_keys
  ALTER COLUMN key_id DROP NOT NULL,
  ADD COLUMN student_id TEXT,
  ADD CONSTRAINT session_keys_student_id_fkey FOREIGN KEY (student_id) REFERENCES students (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  ADD CONSTRAINT session_keys_owner_check CHECK (num_nonnulls(key_id, student_id) = 1);
CREATE INDEX session_keys_student_id_idx ON session_keys (student_id);
