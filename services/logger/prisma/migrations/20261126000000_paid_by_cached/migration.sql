-- Who paid the provider, and whether the answer was given again. The records so far: the course, and no.
ALTER TABLE logs.records
  ADD COLUMN paid_by text NOT NULL DEFAULT 'course',
  ADD COLUMN cached boolean NOT NULL DEFAULT false;
