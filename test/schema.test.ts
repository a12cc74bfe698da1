import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createSchemas, startTestServers } from '@lectern/shared/testing/servers.ts'
import pg from 'pg'
import t from 'tap'
import { sqlOfPrismaSchema } from './schema-engine.ts'

/** Prisma's picture of each service's tables equals what the reviewed migrations really make. */

const services = [
  { service: 'quota', schema: 'quota' },
  { service: 'prompts', schema: 'prompts' },
  { service: 'logger', schema: 'logs' },
]
const folderOf = (service: string) => join(import.meta.dirname, '..', 'services', service, 'prisma')
const { databaseUrl } = await startTestServers(t, { postgres: [] })
const migrations = services.map(({ service, schema }) => ({
  schema,
  migrations: join(folderOf(service), 'migrations'),
}))
await createSchemas(databaseUrl, migrations)
const client = new pg.Client({ connectionString: databaseUrl })
await client.connect()
t.teardown(() => client.end())

// Partitions are the database's own affair: Prisma knows the table that they belong to.
const TABLES = `SELECT c.oid, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> '_prisma_migrations'`
const SHAPE = `WITH tables AS (${TABLES})
  SELECT relname || '.' || attname AS name, format_type(atttypid, atttypmod) || CASE WHEN attnotnull THEN ' not null' ELSE '' END
         || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') AS definition
  FROM tables JOIN pg_attribute a ON a.attrelid = tables.oid AND attnum > 0 AND NOT attisdropped
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  UNION ALL
  SELECT 'index of ' || relname, regexp_replace(pg_get_indexdef(indexrelid), ' INDEX \\S+ ON (ONLY )?', ' INDEX ON ')
  FROM tables JOIN pg_index i ON i.indrelid = tables.oid
  UNION ALL
  SELECT 'reference of ' || relname, pg_get_constraintdef(con.oid)
  FROM tables JOIN pg_constraint con ON con.conrelid = tables.oid AND contype = 'f'
  ORDER BY 1, 2`

async function shapeOf(schema: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string; definition: string }>(SHAPE, [schema])
  return rows.map(({ name, definition }) => `${name}: ${definition.replaceAll(`${schema}.`, '')}`)
}

for (const { service, schema } of services) {
  t.test(`the Prisma schema of ${service} equals the migrated database`, async t => {
    const text = readFileSync(join(folderOf(service), 'schema.prisma'), 'utf8')
    const wanted = `${schema}_as_prisma_sees_it`
    await client.query(`CREATE SCHEMA ${wanted}; SET search_path TO ${wanted}, public`)
    await client.query(await sqlOfPrismaSchema(databaseUrl, text))
    const shape = await shapeOf(schema)
    t.ok(shape.length > 5)
    t.same(shape, await shapeOf(wanted))
  })
}
