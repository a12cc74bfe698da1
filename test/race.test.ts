import t from 'tap'
import { seeded } from './random.ts'
import { startReplica } from './replica.ts'
import { ask, MODEL, type Student, startSystem, until } from './system.ts'

/**
 * Two hundred requests of one student at once, on two gateways and two quota processes. The provider answers none of them
 * until each is decided, so that no hold ends meanwhile: what was admitted is exactly what the budget can carry.
 */

const REQUESTS = 200
const FITTING = 37
const RUNS = 20
const MIXED_RUNS = 5
const SEED = 37
/** An output cap is never lowered below this (quota's MINIMUM_OUTPUT_TOKENS). */
const USEFUL_TOKENS = 16

t.setTimeout(120_000)
const system = await startSystem(t, {
  course: { weeklyTokens: 1_000_000, requestsPerMinute: 100_000, parallelRequests: 10_000 },
})
const [second] = await Promise.all([startReplica(t, system, 'gateway'), startReplica(t, system, 'quota')])
const gateways = [system.demo.gatewayUrl, second.url]

interface Answer {
  status: number
  code?: string
  retryAfter: string | null
  tokens: number
}

/** Every prompt is as long as every other, so that the holds differ by their output cap alone. */
async function send(gateway: string, { key }: Student, name: string, cap: number): Promise<Answer> {
  const response = await fetch(`${gateway}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: MODEL, max_tokens: cap, messages: ask('Race.', `hold=${name} tokens=20`) }),
  })
  const body = (await response.json()) as { error?: { code: string }; usage?: { total_tokens: number } }
  return {
    status: response.status,
    ...(body.error ? { code: body.error.code } : {}),
    retryAfter: response.headers.get('retry-after'),
    tokens: body.usage?.total_tokens ?? 0,
  }
}

interface Balance {
  granted: number
  used: number
  held: number
}
async function balanceOf({ key }: Student, gateway = system.demo.gatewayUrl): Promise<Balance> {
  const response = await fetch(`${gateway}/v1/quota`, { headers: { authorization: `Bearer ${key}` } })
  return (await response.json()) as Balance
}

/** Sends one request for each cap, and looks at the balance at the moment when all are decided. */
async function race(student: Student, name: string, caps: readonly number[]) {
  const answered: Answer[] = []
  const requests = caps.map(async (cap, index) => {
    const answer = await send(gateways[index % gateways.length] ?? '', student, name, cap)
    answered.push(answer)
    return answer
  })
  const decided = async () => answered.length + system.provider.control.held(name) === caps.length
  await until(decided, `${name}: all are decided`)
  const refused = [...answered]
  const atOnce = await Promise.all(gateways.map(gateway => balanceOf(student, gateway)))
  system.provider.control.release(name)
  const answers = await Promise.all(requests)
  await until(async () => (await balanceOf(student)).held === 0, `${name}: every hold has ended`)
  return {
    refused,
    atOnce,
    admitted: answers.filter(({ status }) => status === 200),
    after: await balanceOf(student),
  }
}

/** What one request with this output cap holds. */
async function holdOf(student: Student, cap: number): Promise<number> {
  const answer = send(gateways[0] ?? '', student, 'run-00', cap)
  await until(async () => system.provider.control.held('run-00') === 1, 'it is held')
  const { held } = await balanceOf(student)
  system.provider.control.release('run-00')
  await answer
  return held
}

const isFairRefusal = ({ status, code, retryAfter }: Answer) =>
  status === 429 && (code === 'insufficient_quota' || (code === 'budget_in_use' && Number(retryAfter) >= 1))

const nameOf = (run: number) => `run-${String(run).padStart(2, '0')}`
const CAP = 64
const [probe = { id: '', name: '', key: '' }] = system.demo.students
const hold = await holdOf(probe, CAP)
await system.staff('PATCH', '/api/courses/demo', { weeklyTokens: FITTING * hold })
const students = await system.enroll(Array.from({ length: RUNS + MIXED_RUNS }, (_, run) => `racer-${run}`))

t.test(
  `P1 P4: of ${REQUESTS} at once on a budget for ${FITTING}, ${FITTING} are admitted, ${RUNS} times`,
  async t => {
    for (const [run, student] of students.slice(0, RUNS).entries()) {
      const { refused, atOnce, admitted, after } = await race(student, nameOf(run), Array(REQUESTS).fill(CAP))
      t.equal(admitted.length, FITTING, `run ${run}`)
      t.equal(refused.length, REQUESTS - FITTING)
      t.same(
        refused.filter(answer => !isFairRefusal(answer)),
        [],
      )
      for (const balance of atOnce)
        t.match(balance, { granted: FITTING * hold, used: 0, held: FITTING * hold })
      t.equal(
        after.used,
        admitted.reduce((sum, { tokens }) => sum + tokens, 0),
      )
    }
  },
)

t.test(
  `P1 P4: mixed sizes, seed ${SEED}: never one token over, and nobody refused whom the rest would carry`,
  async t => {
    const random = seeded(SEED)
    for (const [index, student] of students.slice(RUNS).entries()) {
      const caps = Array.from({ length: REQUESTS }, () => random.between(USEFUL_TOKENS, 4 * CAP))
      const { refused, atOnce, admitted, after } = await race(student, nameOf(RUNS + index), caps)
      t.equal(admitted.length + refused.length, REQUESTS)
      t.same(
        refused.filter(answer => !isFairRefusal(answer)),
        [],
      )
      for (const { granted, used, held } of atOnce) {
        t.ok(used + held <= granted, `${used} + ${held} of ${granted}`)
        t.ok(granted - used - held < hold - CAP + USEFUL_TOKENS, 'what is left carries none of the refused')
      }
      t.equal(
        after.used,
        admitted.reduce((sum, { tokens }) => sum + tokens, 0),
      )
      t.ok(after.used <= after.granted)
    }
  },
)
