-- Comes before a backup in its transaction. What is there now is not overwritten but set aside, under a name of its own:
-- it knows what the backup does not.
BEGIN;

-- The backup grants rights to the services' roles. The migrations give them their passwords.
SELECT format('CREATE ROLE %I', role)
  FROM unnest(ARRAY['lectern_quota', 'lectern_prompts', 'lectern_logger']) AS role
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role)
   AND (SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user) \gexec

SELECT format('ALTER SCHEMA %I RENAME TO %I', nspname, nspname || :'aside')
  FROM pg_namespace WHERE nspname IN ('quota', 'prompts', 'logs', 'logs_parts') \gexec
