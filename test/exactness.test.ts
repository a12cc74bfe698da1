import t from 'tap'
import { ask, MODEL, startSystem, until } from './system.ts'

/** A thousand mixed requests at once, and then the books must agree to the token. */

const REQUESTS = 1000
const CONCURRENCY = 50

const system = await startSystem(t, {
  course: { weeklyTokens: 100_000_000, requestsPerMinute: 100_000, parallelRequests: 1000 },
})

interface Seen {
  id: string
  student: number
  outcome: 'completed' | 'left' | 'failed'
  tokens: number | undefined
}

async function request(number: number): Promise<Seen> {
  const student = number % system.demo.students.length
  const client = system.client(student)
  const kind = number % 20 === 7 ? 'failed' : number % 20 === 13 ? 'left' : 'completed'
  const directive = {
    completed: `tokens=${1 + (number % 40)}`,
    left: 'tokens=400 gap=5',
    failed: 'status=500',
  }[kind]
  const body = { model: MODEL, messages: ask(`Question ${number}`, directive) }
  if (kind === 'failed') {
    const error = await client.chat.completions.create(body).then(
      () => undefined,
      (error: unknown) => error,
    )
    return {
      id: String((error as { headers?: Headers }).headers?.get('x-request-id')),
      student,
      outcome: kind,
      tokens: 0,
    }
  }
  if (number % 2 && kind === 'completed') {
    const { data, response } = await client.chat.completions.create(body).withResponse()
    return {
      id: String(response.headers.get('x-request-id')),
      student,
      outcome: kind,
      tokens: data.usage?.total_tokens,
    }
  }
  const { data, response } = await client.chat.completions
    .create({ ...body, stream: true, stream_options: { include_usage: true } })
    .withResponse()
  let chunks = 0
  let tokens: number | undefined
  for await (const chunk of data) {
    tokens = chunk.usage?.total_tokens
    if (kind === 'left' && ++chunks === 5) break
  }
  return { id: String(response.headers.get('x-request-id')), student, outcome: kind, tokens }
}

async function runAll(): Promise<Seen[]> {
  const seen: Seen[] = []
  let next = 0
  const worker = async () => {
    while (next < REQUESTS) seen.push(await request(next++))
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, worker))
  return seen
}

// A thousand requests of the real clients take their time on a small machine.
t.setTimeout(150_000)

t.test('P1 P2 P3: after 1,000 mixed requests at concurrency 50 every book agrees', async t => {
  const seen = await runAll()
  t.equal(new Set(seen.map(({ id }) => id)).size, REQUESTS)
  const database = await system.database()
  const count = async (sql: string) => Number((await database.query<{ count: string }>(sql)).rows[0]?.count)

  await until(
    async () => (await count('SELECT count(*) FROM logs.records')) === REQUESTS,
    'each request is on record once',
  )
  await until(
    async () =>
      (await count("SELECT count(*) FROM quota.ledger_entries WHERE kind IN ('settle', 'release')")) ===
      REQUESTS,
    'each reservation has its one end in the ledger',
  )

  t.test(
    'each answer that was seen to end is on record with the tokens that the provider reported',
    async t => {
      const { rows } = await database.query<{ id: string; charge_tokens: string; outcome: string }>(
        'SELECT id, charge_tokens, outcome FROM logs.records',
      )
      const records = new Map(rows.map(row => [row.id, row]))
      const completed = seen.filter(({ outcome }) => outcome === 'completed')
      const wrong = completed.filter(({ id, tokens }) => Number(records.get(id)?.charge_tokens) !== tokens)
      t.same(wrong, [])
      t.ok(completed.every(({ tokens }) => (tokens ?? 0) > 0))
      const left = seen.filter(({ outcome }) => outcome === 'left').map(({ id }) => records.get(id))
      t.ok(left.every(record => record?.outcome === 'client_gone' && Number(record.charge_tokens) > 0))
      const failed = seen.filter(({ outcome }) => outcome === 'failed').map(({ id }) => records.get(id))
      t.ok(
        failed.every(record => record?.outcome === 'upstream_failed' && Number(record.charge_tokens) === 0),
      )
    },
  )

  t.test('the balance that a student sees equals the sum of the ledger', async t => {
    for (const { id, key } of system.demo.students) {
      const response = await fetch(`${system.demo.gatewayUrl}/v1/quota`, {
        headers: { authorization: `Bearer ${key}` },
      })
      const balance = (await response.json()) as Record<string, number>
      const { rows } = await database.query<{ granted: string; used: string }>(
        `SELECT sum(tokens) FILTER (WHERE kind IN ('allowance', 'grant')) AS granted,
                -sum(tokens) FILTER (WHERE kind = 'settle') AS used
         FROM quota.ledger_entries WHERE student_id = $1`,
        [id],
      )
      const [ledger] = rows
      const [granted, used] = [Number(ledger?.granted), Number(ledger?.used)]
      t.ok(used > 0)
      t.match(balance, { granted, used, held: 0, remaining: granted - used })
    }
  })

  t.test('nothing was dead-lettered', async t => {
    t.equal(await count('SELECT count(*) FROM logs.dead_letters'), 0)
  })
})
