import { createHash, randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type pg from 'pg'

/**
 * Applies a service's reviewed SQL migrations (`prisma/migrations/<time>_<name>/migration.sql`), each once, in order and
 * in a transaction of its own. The bookkeeping is Prisma's table, in Prisma's format, so that `prisma migrate status` and
 * `deploy` read the same truth wherever their engine can be had; this runner needs none. A migration that was changed
 * after it had been applied is refused. Safe to run from several machines at once (advisory lock).
 */
export async function migrate(
  client: pg.ClientBase,
  { schema, folder }: { schema: string; folder: string },
): Promise<string[]> {
  await client.query(`SET search_path TO ${client.escapeIdentifier(schema)}`)
  // Any constant does, as long as every runner uses the same.
  await client.query('SELECT pg_advisory_lock(hashtext($1))', [`lectern-migrate-${schema}`])
  try {
    await client.query(BOOKKEEPING)
    const done = await client.query<{ migration_name: string; checksum: string }>(
      'SELECT migration_name, checksum FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL',
    )
    const applied = new Map(done.rows.map(row => [row.migration_name, row.checksum]))
    const fresh: string[] = []
    for (const { name, sql, checksum } of readMigrations(folder)) {
      const known = applied.get(name)
      if (known === undefined) {
        await apply(client, name, sql, checksum)
        fresh.push(name)
      } else if (known !== checksum) {
        throw new Error(
          `migration ${schema}/${name} was changed after it had been applied; add a new one instead`,
        )
      }
    }
    return fresh
  } finally {
    await client.query('SELECT pg_advisory_unlock(hashtext($1))', [`lectern-migrate-${schema}`])
  }
}

const BOOKKEEPING = `CREATE TABLE IF NOT EXISTS _prisma_migrations (
  id varchar(36) PRIMARY KEY,
  checksum varchar(64) NOT NULL,
  finished_at timestamptz,
  migration_name varchar(255) NOT NULL,
  logs text,
  rolled_back_at timestamptz,
  started_at timestamptz NOT NULL DEFAULT now(),
  applied_steps_count integer NOT NULL DEFAULT 0
)`

function readMigrations(folder: string): { name: string; sql: string; checksum: string }[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .map(entry => entry.name)
    .sort()
    .map(name => {
      const sql = readFileSync(join(folder, name, 'migration.sql'), 'utf8')
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') }
    })
}

async function apply(client: pg.ClientBase, name: string, sql: string, checksum: string): Promise<void> {
  await client.query('BEGIN')
  try {
    await client.query(sql)
    await client.query(
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
       VALUES ($1, $2, $3, now(), 1)`,
      [randomUUID(), checksum, name],
    )
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK')
    throw new Error(`migration ${name} failed`, { cause: error })
  }
}
