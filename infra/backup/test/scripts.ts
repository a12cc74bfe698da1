import { execFile } from 'node:child_process'
import { dirname, join } from 'node:path'
import { besideInitdb, findOrInstall } from '@lectern/local/binaries.ts'
import type { TestServers } from '@lectern/shared/testing/servers.ts'
import pg from 'pg'

const FOLDER = join(import.meta.dirname, '..')

export interface Ran {
  code: number
  stdout: string
  stderr: string
}

/** Runs one of the scripts, or `replay.ts`, as a person would: with the URLs of the servers in the environment. */
export async function run(
  name: 'save.sh' | 'restore.sh' | 'replay.ts',
  args: string[],
  env: NodeJS.ProcessEnv,
): Promise<Ran> {
  const { postgres: initdb } = await findOrInstall(['postgres'])
  // Debian puts only wrappers of Postgres' programs on the PATH, and other systems none.
  const path = `${dirname(besideInitdb(initdb, 'pg_dump'))}:${process.env.PATH}`
  const program = name.endsWith('.ts') ? process.execPath : 'sh'
  return new Promise(resolve => {
    const child = execFile(
      program,
      [join(FOLDER, name), ...args],
      { env: { ...process.env, PATH: path, ...env } },
      (error, stdout, stderr) => resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    )
    // Nobody is there to answer a question.
    child.stdin?.end()
  })
}

/** The servers as the scripts are told of them. */
export function urlsOf({ databaseUrl, redisUrl, natsUrl }: TestServers) {
  return { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl, NATS_URL: natsUrl }
}

/** One question to a database. */
export async function query<Row extends pg.QueryResultRow>(url: string, sql: string, values: unknown[] = []) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Row>(sql, values)).rows
  } finally {
    await client.end()
  }
}

/** Everything about Lectern's schemas but their rows: columns, rights, indexes, constraints, triggers, functions, owners. */
export async function structureOf(url: string): Promise<string[]> {
  const rows = await query<{ line: string }>(url, STRUCTURE)
  return rows.map(({ line }) => line).toSorted()
}

const rights = (acl: string) =>
  `(SELECT string_agg(item::text, ' ' ORDER BY item::text) FROM unnest(${acl}) AS item)`

const STRUCTURE = `
  WITH ours AS (SELECT * FROM pg_namespace WHERE nspname IN ('quota', 'prompts', 'logs', 'logs_parts'))
  SELECT format('schema %s, %s, %s', nspname, pg_get_userbyid(nspowner), ${rights('nspacl')}) AS line FROM ours
  UNION ALL
  SELECT format('relation %s.%s, %s, %s, %s, %s', nspname, relname, relkind, pg_get_userbyid(relowner), reloptions,
                ${rights('relacl')})
    FROM ours JOIN pg_class ON relnamespace = ours.oid
  UNION ALL
  SELECT format('column %s.%s.%s, %s, %s, %s, %s', nspname, relname, attname, atttypid::regtype, attnotnull,
                pg_get_expr(adbin, adrelid), ${rights('attacl')})
    FROM ours JOIN pg_class ON relnamespace = ours.oid JOIN pg_attribute ON attrelid = pg_class.oid
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
   WHERE attnum > 0 AND NOT attisdropped
  UNION ALL
  SELECT format('index %s', pg_get_indexdef(pg_class.oid))
    FROM ours JOIN pg_class ON relnamespace = ours.oid WHERE relkind IN ('i', 'I')
  UNION ALL
  SELECT format('constraint %s.%s, %s', conrelid::regclass, conname, pg_get_constraintdef(pg_constraint.oid))
    FROM ours JOIN pg_constraint ON connamespace = ours.oid
  UNION ALL
  SELECT format('trigger %s', pg_get_triggerdef(pg_trigger.oid))
    FROM ours JOIN pg_class ON relnamespace = ours.oid JOIN pg_trigger ON tgrelid = pg_class.oid WHERE NOT tgisinternal
  UNION ALL
  SELECT format('function %s, %s, %s', pg_get_functiondef(pg_proc.oid), pg_get_userbyid(proowner), ${rights('proacl')})
    FROM ours JOIN pg_proc ON pronamespace = ours.oid`
