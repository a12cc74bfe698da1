import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startNats } from '@lectern/local/servers/nats.ts'
import { startPostgres } from '@lectern/local/servers/postgres.ts'
import { copyNewCluster } from '@lectern/local/servers/postgres-template.ts'
import { startRedis } from '@lectern/local/servers/redis.ts'
import type { RunningServer } from '@lectern/local/servers/server.ts'
import pg from 'pg'
import { migrate } from '../postgres/migrate.ts'

/** What a test gives back at its end: the part of tap's `t` that is used here. */
export interface Test {
  teardown(fn: () => unknown): void
}

/** A real server of the test's own. It can be stopped and started again at the same address with its data. */
export interface TestServer {
  readonly url: string
  readonly pid: number
  stop(): Promise<void>
  start(): Promise<void>
}

export interface TestServers {
  natsUrl: string
  redisUrl: string
  databaseUrl: string
  nats: TestServer
  redis: TestServer
  postgres: TestServer
}

export interface WantedServers {
  nats?: boolean | { config?: string; env?: Record<string, string> }
  /** `keep`: with an append-only file, so that a restart finds the data. */
  redis?: boolean | { keep: boolean }
  /** Schemas to migrate, each with its folder of migrations. */
  postgres?: SchemaToMigrate | SchemaToMigrate[]
}

export interface SchemaToMigrate {
  schema: string
  migrations: URL | string
}

/** Fresh real servers for one test file, torn down with it. What was not asked for throws when it is read. */
export async function startTestServers(t: Test, wanted: WantedServers): Promise<TestServers> {
  const home = await mkdtemp(join(tmpdir(), 'lectern-test-'))
  const started: Partial<Record<'nats' | 'redis' | 'postgres', TestServer>> = {}
  t.teardown(async () => {
    await Promise.all(Object.values(started).map(server => server.stop()))
    await rm(home, { recursive: true, force: true, maxRetries: 5 })
  })
  const { nats, redis, postgres } = wanted
  const jobs: Promise<void>[] = []
  const add = (name: keyof typeof started, start: (port?: number) => Promise<RunningServer>) =>
    jobs.push(
      restartable(start).then(server => {
        started[name] = server
      }),
    )
  if (nats) {
    const options = nats === true ? {} : nats
    add('nats', port => startNats({ dir: join(home, 'nats'), port, ...options }))
  }
  if (redis) {
    const throwaway = redis === true || !redis.keep
    add('redis', port => startRedis({ dir: join(home, 'redis'), port, throwaway }))
  }
  if (postgres) {
    const dir = join(home, 'postgres')
    await copyNewCluster(dir)
    add('postgres', port => startPostgres({ dir, port, throwaway: true }))
  }
  await Promise.all(jobs)
  if (postgres && started.postgres) await createSchemas(started.postgres.url, [postgres].flat())

  const get = (name: keyof typeof started): TestServer => {
    const server = started[name]
    if (!server) throw new Error(`this test did not ask for ${name}`)
    return server
  }
  return {
    get nats() {
      return get('nats')
    },
    get redis() {
      return get('redis')
    },
    get postgres() {
      return get('postgres')
    },
    get natsUrl() {
      return get('nats').url
    },
    get redisUrl() {
      return get('redis').url
    },
    get databaseUrl() {
      return get('postgres').url
    },
  }
}

async function restartable(start: (port?: number) => Promise<RunningServer>): Promise<TestServer> {
  let running: RunningServer | undefined = await start()
  const { port } = running
  let { url, pid } = running
  return {
    get url() {
      return url
    },
    get pid() {
      return pid
    },
    async stop() {
      await running?.stop()
      running = undefined
    },
    async start() {
      if (running) return
      running = await start(port)
      url = running.url
      pid = running.pid
    },
  }
}

/** Creates and migrates schemas in a test's database, as the migration job does. */
export async function createSchemas(databaseUrl: string, schemas: readonly SchemaToMigrate[]): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    for (const { schema, migrations } of schemas) {
      await client.query(`CREATE SCHEMA IF NOT EXISTS ${client.escapeIdentifier(schema)}`)
      const folder = typeof migrations === 'string' ? migrations : fileURLToPath(migrations)
      await migrate(client, { schema, folder })
    }
  } finally {
    await client.end()
  }
}
