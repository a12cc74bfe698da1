import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createLog } from '@lectern/shared/log.ts'
import { connectBus, type NatsConnection } from '@lectern/shared/nats/connect.ts'
import { createSchemas, startTestServers, type TestServers } from '@lectern/shared/testing/servers.ts'
import pg from 'pg'

/** Real servers and one quota service in a process of its own, as a benchmark needs them. */
export interface Campus {
  servers: TestServers
  client: pg.Client
  nc: NatsConnection
  /** Starts the service; answers its pid when it is ready. */
  startQuota(): Promise<number>
}

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))
const PASSWORD = 'bench'
const USERS = ['OPS', 'GATEWAY', 'QUOTA', 'PROMPTS', 'LOGGER', 'CONSOLE']

export async function startCampus(closing: AsyncDisposableStack): Promise<Campus> {
  const servers = await startTestServers(
    { teardown: work => closing.defer(async () => void (await work())) },
    {
      nats: {
        config: path('../../../infra/nats.conf'),
        env: Object.fromEntries(USERS.map(user => [`NATS_${user}_PASSWORD`, PASSWORD])),
      },
      redis: true,
      postgres: [],
    },
  )
  const client = new pg.Client(servers.databaseUrl)
  await client.connect()
  closing.defer(() => client.end())
  await client.query(`CREATE ROLE lectern_quota LOGIN PASSWORD '${PASSWORD}'`)
  const migrations = new URL('../../../services/quota/prisma/migrations', import.meta.url)
  await createSchemas(servers.databaseUrl, [{ schema: 'quota', migrations }])
  const log = createLog('bench', 'silent')
  const nc = await connectBus({ url: as('ops', servers.natsUrl), service: 'ops', log })
  closing.defer(() => nc.close())
  return { servers, client, nc, startQuota: () => startQuota(servers, nc, closing) }
}

function as(user: string, address: string): string {
  const url = new URL(address)
  url.username = user
  url.password = PASSWORD
  return url.href
}

async function startQuota(
  { natsUrl, databaseUrl, redisUrl }: TestServers,
  nc: NatsConnection,
  closing: AsyncDisposableStack,
): Promise<number> {
  const env = {
    PATH: process.env.PATH,
    LOG_LEVEL: 'warn',
    NATS_URL: as('quota', natsUrl),
    DATABASE_URL: as('lectern_quota', databaseUrl),
    REDIS_URL: redisUrl,
  }
  const output = openSync('/dev/null', 'a')
  const child = spawn(process.execPath, [path('../../../services/quota/src/main.ts')], {
    env,
    stdio: ['ignore', output, 'inherit'],
  })
  const ended = once(child, 'exit')
  closing.defer(async () => {
    child.kill()
    await ended
  })
  // It answers anything at all, if only that the question is malformed.
  const answers = () => nc.request('quota.balance', '{}', { timeout: 1000 }).then(Boolean, () => false)
  while (!(await answers())) {
    if (child.exitCode !== null) throw new Error(`the quota service ended with ${child.exitCode}`)
    await delay(100)
  }
  return child.pid ?? 0
}
