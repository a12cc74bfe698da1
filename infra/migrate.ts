import { join } from 'node:path'
import { migrate } from '@lectern/shared/postgres/migrate.ts'
import pg from 'pg'

/**
 * The migration job: for each service that keeps something, its role, its schema and its migrations. Safe to run again and
 * from several places at once. Environment: `DATABASE_URL` (a user that may create schemas, and better also roles) and
 * `QUOTA_DB_PASSWORD`, `PROMPTS_DB_PASSWORD`, `LOGGER_DB_PASSWORD` of the roles. The last line printed is
 * `{"roles":true}`, or `{"roles":false}` where that user may not create roles: the services then share its URL.
 */
const SERVICES = [
  { service: 'quota', schema: 'quota' },
  { service: 'prompts', schema: 'prompts' },
  { service: 'logger', schema: 'logs' },
] as const

const url = process.env.DATABASE_URL
if (!url) {
  process.stderr.write('migrate: DATABASE_URL is missing\n')
  process.exit(78)
}
const client = new pg.Client({
  connectionString: url,
  application_name: 'lectern-migrate',
  connectionTimeoutMillis: 10_000,
})
await client.connect()
try {
  // Two jobs at once would both find a role missing, and one would fail to create it.
  await client.query("SELECT pg_advisory_lock(hashtext('lectern-migrate'))")
  const roles = await createRoles()
  for (const { service, schema } of SERVICES) {
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`)
    if (roles) await client.query(`GRANT USAGE ON SCHEMA ${schema} TO lectern_${service}`)
    const folder = join(import.meta.dirname, '..', 'services', service, 'prisma', 'migrations')
    for (const name of await migrate(client, { schema, folder }))
      process.stdout.write(`applied ${schema}/${name}\n`)
  }
  process.stdout.write(`${JSON.stringify({ roles })}\n`)
} finally {
  await client.end()
}

/** One role for each service, which may touch only its own schema; false where this user may not create roles. */
async function createRoles(): Promise<boolean> {
  const may = await client.query<{ may: boolean }>(
    'SELECT rolsuper OR rolcreaterole AS may FROM pg_roles WHERE rolname = current_user',
  )
  if (!may.rows[0]?.may) {
    process.stderr.write('migrate: this database user may not create roles; the services will share it\n')
    return false
  }
  for (const { service } of SERVICES) {
    const role = `lectern_${service}`
    const password = process.env[`${service.toUpperCase()}_DB_PASSWORD`]
    if (!password) throw new Error(`${service.toUpperCase()}_DB_PASSWORD is missing`)
    const known = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [role])
    const verb = known.rowCount ? 'ALTER' : 'CREATE'
    await client.query(`${verb} ROLE ${role} LOGIN PASSWORD ${client.escapeLiteral(password)}`)
  }
  return true
}
