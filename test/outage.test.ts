import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { ask, MODEL, startSystem, until } from './system.ts'

/** Any one part is killed; nobody helps; what students see meanwhile, and that everything works again afterwards. */

const system = await startSystem(t, { course: { requestsPerMinute: 100_000, weeklyTokens: 10_000_000 } })
const answered: string[] = []

async function attempt(): Promise<{ status: number; code?: string; retryAfter: string | null }> {
  const response = await fetch(`${system.demo.gatewayUrl}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${system.demo.students[0]?.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: MODEL, messages: ask('Still there?', 'tokens=3') }),
    signal: AbortSignal.timeout(15_000),
  })
  const body = (await response.json()) as { error?: { code: string } }
  if (response.ok) answered.push(response.headers.get('x-request-id') ?? '')
  return {
    status: response.status,
    retryAfter: response.headers.get('retry-after'),
    ...(body.error ? { code: body.error.code } : {}),
  }
}

/**
 * Kills one process with -9, keeps it away for two seconds (the launcher, which would start it again at once, is made to
 * stand still), and asks on until answers come again.
 */
async function killAndWatch(name: string) {
  const { pids } = await system.refresh()
  const seen: Awaited<ReturnType<typeof attempt>>[] = []
  process.kill(system.pid, 'SIGSTOP')
  process.kill(pids[name] ?? 0, 'SIGKILL')
  const killedAtMs = performance.now()
  while (performance.now() - killedAtMs < 2000) {
    seen.push(await attempt())
    await delay(50)
  }
  process.kill(system.pid, 'SIGCONT')
  while (performance.now() - killedAtMs < 30_000) {
    const result = await attempt()
    seen.push(result)
    const { pids: now } = await system.refresh()
    if (result.status === 200 && now[name] !== undefined && now[name] !== pids[name]) break
    await delay(50)
  }
  return seen
}

t.setTimeout(150_000)
await attempt()

for (const [name, refuses] of [
  ['quota', true],
  ['redis', true],
  ['nats', true],
  ['prompts', false],
  ['logger', false],
  ['postgres', false],
] as const) {
  t.test(
    `P11: ${name} is killed: ${refuses ? 'a clear 503 meanwhile' : 'students notice nothing'}, and it works again by itself`,
    async t => {
      const seen = await killAndWatch(name)
      t.equal(seen.at(-1)?.status, 200, 'works again')
      const refused = seen.filter(({ status }) => status !== 200)
      if (refuses) {
        t.ok(refused.length > 0, 'was noticed')
        t.ok(
          refused.every(
            ({ status, code, retryAfter }) =>
              status === 503 && code === 'service_unavailable' && Number(retryAfter) >= 1,
          ),
        )
      } else t.same(refused, [])
      await until(async () => (await attempt()).status === 200, 'steady')
    },
  )
}

t.test('P2 P3: through all of it, each answer is on record and charged once', async t => {
  const balance = `/api/students/${system.demo.students[0]?.id}/balance`
  await until(
    () =>
      system.staff('GET', balance).then(
        () => true,
        () => false,
      ),
    'Postgres is back',
  )
  const database = await system.database()
  const missing = async (table: string, column: string) => {
    const { rows } = await database.query<{ id: string }>(
      `SELECT ${column} AS id FROM ${table} WHERE ${column} = ANY($1)`,
      [answered],
    )
    const found = rows.map(({ id }) => id)
    t.equal(new Set(found).size, found.length, 'none twice')
    return answered.filter(id => !found.includes(id))
  }
  await until(async () => (await missing('logs.records', 'id')).length === 0, 'all are on record')
  await until(
    async () => (await missing('quota.ledger_entries', 'reservation_id')).length === 0,
    'all are in the ledger',
  )
  t.ok(answered.length > 6)
})

t.test('P4: no hold is left behind', async t => {
  const id = system.demo.students[0]?.id
  const held = async () => (await system.staff<{ held: number }>('GET', `/api/students/${id}/balance`)).held
  await until(async () => (await held()) === 0, 'every hold has ended', 15_000)
  t.equal(await held(), 0)
})
