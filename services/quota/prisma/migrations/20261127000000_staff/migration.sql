-- Who the staff are, what they may do, and who is signed in. No secret of anybody: hashes only.
CREATE TABLE staff (
  id            TEXT NOT NULL,
  email         TEXT NOT NULL,
  name          TEXT NOT NULL,
  is_admin      BOOLEAN NOT NULL DEFAULT false,
  disabled      BOOLEAN NOT NULL DEFAULT false,
  password_hash TEXT,
  oidc_subject  TEXT,
  created_at    TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT staff_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX staff_email_key ON staff (email);
CREATE UNIQUE INDEX staff_oidc_subject_key ON staff (oidc_subject);

CREATE TABLE staff_roles (
  staff_id   TEXT NOT NULL,
  course_id  TEXT NOT NULL,
  role       TEXT NOT NULL CHECK (role IN ('owner', 'assistant')),
  created_at TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT staff_roles_pkey PRIMARY KEY (staff_id, course_id),
  CONSTRAINT staff_roles_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES staff (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  CONSTRAINT staff_roles_course_id_fkey FOREIGN KEY (course_id) REFERENCES courses (id) ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE INDEX staff_roles_course_id_idx ON staff_roles (course_id);

CREATE TABLE staff_sessions (
  hash       TEXT NOT NULL,
  staff_id   TEXT NOT NULL,
  created_at TIMESTAMPTZ(3) NOT NULL,
  used_at    TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT staff_sessions_pkey PRIMARY KEY (hash),
  CONSTRAINT staff_sessions_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES staff (id) ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE INDEX staff_sessions_staff_id_idx ON staff_sessions (staff_id);

-- One-time links: without staff_id, for the first admin.
CREATE TABLE staff_links (
  hash       TEXT NOT NULL,
  staff_id   TEXT,
  expires_at TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT staff_links_pkey PRIMARY KEY (hash),
  CONSTRAINT staff_links_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES staff (id) ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE INDEX staff_links_staff_id_idx ON staff_links (staff_id);

-- Tries of what can be guessed, by what they are counted by (hashed): when all tries taken so far will be free again.
CREATE TABLE tries (
  key     TEXT NOT NULL,
  free_at TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT tries_pkey PRIMARY KEY (key)
);

-- What has ended is deleted here, unlike in all other tables: it is not worth keeping, and the audit log knows.
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'lectern_quota') THEN
    GRANT SELECT, INSERT, UPDATE ON staff TO lectern_quota;
    GRANT SELECT, INSERT, UPDATE, DELETE ON staff_roles, staff_sessions, staff_links, tries TO lectern_quota;
  END IF;
END $$;
