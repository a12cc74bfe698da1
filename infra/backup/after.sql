-- Comes after a backup, and commits it together with what is taken over from the schemas that were set aside.
SELECT 'quota' || :'aside' AS old_quota, 'prompts' || :'aside' AS old_prompts,
       to_regclass(format('%I.api_keys', 'quota' || :'aside')) IS NOT NULL
         AND to_regclass(format('%I.versions', 'prompts' || :'aside')) IS NOT NULL AS is_known,
       'logs' || :'aside' AS old_logs,
       to_regclass(format('%I.erasures', 'logs' || :'aside')) IS NOT NULL
         AND to_regclass('logs.erasures') IS NOT NULL AS knows_erasures \gset

\if :is_known
-- P10: a key that was revoked since may be in strangers' hands, and must not become valid again. One that was handed out
-- since is the only one that its student has now.
UPDATE quota.api_keys AS k SET revoked_at = o.revoked_at
  FROM :"old_quota".api_keys AS o WHERE o.id = k.id AND k.revoked_at IS NULL AND o.revoked_at IS NOT NULL;
INSERT INTO quota.api_keys (id, student_id, hash, hint, created_at, revoked_at)
SELECT o.id, o.student_id, o.hash, o.hint, o.created_at, o.revoked_at
  FROM :"old_quota".api_keys AS o JOIN quota.students AS s ON s.id = o.student_id
    ON CONFLICT DO NOTHING;
\endif

\if :knows_erasures
-- What was deleted since is in the backup: the logger deletes it again when it starts.
INSERT INTO logs.erasures (id, student_id, reason, actor, at, records, first_at, last_at, digest)
SELECT id, student_id, reason, actor, at, records, first_at, last_at, digest FROM :"old_logs".erasures ON CONFLICT DO NOTHING;
\endif

SELECT to_regclass('quota.staff') IS NOT NULL AS has_staff,
       to_regclass('quota.staff') IS NOT NULL
         AND to_regclass(format('%I.staff', :'old_quota')) IS NOT NULL AS knows_staff,
       to_regclass('logs.audit') IS NOT NULL
         AND to_regclass(format('%I.audit', 'logs' || :'aside')) IS NOT NULL AS knows_audit,
       to_regclass('quota.student_sessions') IS NOT NULL AS has_students_page,
       to_regclass('quota.student_sessions') IS NOT NULL
         AND to_regclass(format('%I.student_sessions', :'old_quota')) IS NOT NULL AS knows_joining \gset

\if :has_staff
-- Everybody signs in again: what was ended since must not go on, and no link be used twice.
DELETE FROM quota.staff_sessions;
DELETE FROM quota.staff_links;
\endif
\if :has_students_page
DELETE FROM quota.student_sessions;
DELETE FROM quota.session_keys;
\endif
\if :knows_joining
-- A code that was taken back since lets nobody in.
UPDATE quota.courses AS c SET join_code = o.join_code FROM :"old_quota".courses AS o WHERE o.id = c.id;
\endif
\if :knows_staff
-- Who was shut out since stays out: by a disabled account, another password, or a role that was taken.
UPDATE quota.staff AS s SET disabled = s.disabled OR o.disabled, password_hash = o.password_hash, is_admin = s.is_admin AND o.is_admin
  FROM :"old_quota".staff AS o WHERE o.id = s.id;
DELETE FROM quota.staff_roles AS r
 WHERE EXISTS (SELECT FROM :"old_quota".staff AS o WHERE o.id = r.staff_id)
   AND NOT EXISTS (SELECT FROM :"old_quota".staff_roles AS o WHERE o.staff_id = r.staff_id AND o.course_id = r.course_id);
\endif
\if :knows_audit
-- What was done is not undone by a restore.
INSERT INTO logs.audit (id, at, actor, actor_id, address, action, course_id, subject, details, request_id, outcome)
SELECT id, at, actor, actor_id, address, action, course_id, subject, details, request_id, outcome
  FROM :"old_logs".audit ON CONFLICT DO NOTHING;
\endif

COMMIT;
\echo restored

\if :is_known
SELECT format('gone: %s %s', number, what) FROM (
  SELECT 'courses' AS what, count(*) AS number FROM :"old_quota".courses AS o
   WHERE NOT EXISTS (SELECT FROM quota.courses AS c WHERE c.id = o.id)
  UNION ALL
  SELECT 'later changes of courses', count(*)
    FROM :"old_quota".courses AS o JOIN quota.courses AS c ON c.id = o.id WHERE o.version > c.version
  UNION ALL
  SELECT 'students', count(*) FROM :"old_quota".students AS o
   WHERE NOT EXISTS (SELECT FROM quota.students AS s WHERE s.id = o.id)
  UNION ALL
  SELECT 'grants', count(*) FROM :"old_quota".ledger_entries AS o
   WHERE o.kind = 'grant' AND NOT EXISTS (SELECT FROM quota.ledger_entries AS e WHERE e.grant_id = o.grant_id)
  UNION ALL
  SELECT 'prompt versions', count(*) FROM :"old_prompts".versions AS o
   WHERE NOT EXISTS (SELECT FROM prompts.versions AS v WHERE v.id = o.id)
  UNION ALL
  SELECT 'changes of rules', count(*)
    FROM :"old_prompts".rules AS o LEFT JOIN prompts.rules AS r ON r.id = o.id
   WHERE r.id IS NULL OR r.removed_at IS DISTINCT FROM o.removed_at
) AS lost WHERE number > 0;
\endif
SELECT format('set aside: %s', string_agg(quote_ident(nspname), ', ' ORDER BY nspname))
  FROM pg_namespace WHERE nspname LIKE '%' || replace(:'aside', '_', '\_') HAVING count(*) > 0;
