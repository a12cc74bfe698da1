import { randomUUID } from 'node:crypto'
import { manualClock } from '@lectern/shared/clock.ts'
import * as staff from '@lectern/shared/contracts/courses.ts'
import fc from 'fast-check'
import t from 'tap'
import { type Enrolled, type Fixture, startFixture, until } from './fixture.ts'

/**
 * Random histories on the real service, Redis and Postgres, checked after each step against a model that is a few lines of
 * arithmetic. `LECTERN_SEED` repeats a history that failed, `LECTERN_RUNS` asks for more of them.
 */

const STARTS_MS = Date.parse('2026-01-05T00:00:00Z')
const WEEK_MS = 604_800_000
const WEEKLY = 1000
const RUNS = Number(process.env.LECTERN_RUNS ?? 15)
t.setTimeout(60_000 + RUNS * 5000)
const clock = manualClock(STARTS_MS)
const env = {
  // Nothing is compared with the ledger in the background: a wrong balance must stay visible.
  RECONCILE_INTERVAL_MS: '2000000000',
  BUDGET_WAIT_MS: '0',
  EXPIRE_INTERVAL_MS: '10',
  // Settlements stay long enough between Redis and the ledger for everything else to come in between.
  SETTLE_LINGER_MS: '60',
}
const quota = await startFixture(t, { clock, env })

const tokens = fc.integer({ min: 0, max: 400 })
const index = fc.nat(30)
const grants = fc.integer({ min: -300, max: 600 })
const aftermath = fc.constantFrom('nothing' as const, 'repeat' as const, 'wipe' as const)
const Step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('reserve' as const), input: tokens, output: tokens }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('settle' as const), index, percent: fc.nat(100) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('release' as const), index }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('repeat' as const), index }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('expire' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('grant' as const), tokens: grants }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('storm' as const), tokens: grants, after: aftermath }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wipe' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('forget scripts' as const, 'next week' as const) }),
  },
)
type Step = typeof Step extends fc.Arbitrary<infer S> ? S : never

interface Hold {
  id: string
  week: number
  tokens: number
  /** `lost`: Redis was wiped while it was open. */
  state: 'held' | 'lost' | 'expired' | 'settled' | 'released'
  charge: number
}

class Model {
  readonly holds: Hold[] = []
  readonly granted = new Map<number, number>()
  week = 1

  of(week: number) {
    const own = this.holds.filter(hold => hold.week === week)
    const sum = (state: Hold['state'], field: 'tokens' | 'charge') =>
      own.filter(hold => hold.state === state).reduce((total, hold) => total + hold[field], 0)
    const granted = WEEKLY + (this.granted.get(week) ?? 0)
    const used = sum('settled', 'charge')
    const held = sum('held', 'tokens')
    return { granted, used, held, remaining: granted - used - held }
  }

  /** A hold by a number; those that may still end first. */
  pick(index: number, ...states: Hold['state'][]): Hold | undefined {
    const fitting = this.holds.filter(hold => states.includes(hold.state))
    return fitting[index % Math.max(1, fitting.length)]
  }
}

t.test('P1 P2 P4: whatever happens in whatever order, the balance is what the model says', async t => {
  let histories = 0
  const property = fc.asyncProperty(fc.array(Step, { minLength: 5, maxLength: 25 }), async steps => {
    clock.set(STARTS_MS)
    const who = await quota.course({ startsOn: '2026-01-05', weeks: 50, weeklyTokens: WEEKLY })
    const model = new Model()
    for (const step of steps) {
      await take(step, model, who)
      await agrees(model, who)
    }
    await endAll(model, who)
    histories += 1
  })
  const seed = Number(process.env.LECTERN_SEED) || undefined
  await fc.assert(property, { numRuns: RUNS, ...(seed === undefined ? {} : { seed }), endOnFailure: true })
  t.ok(histories >= RUNS)
})

async function take(step: Step, model: Model, who: Enrolled): Promise<void> {
  if (step.do === 'reserve') return reserve(model, who, step.input, step.output)
  if (step.do === 'settle')
    return settle(model.pick(step.index, 'held', 'lost', 'expired'), step.percent, who)
  if (step.do === 'release') return release(model.pick(step.index, 'held'), who)
  if (step.do === 'repeat') return repeat(model.pick(step.index, 'settled', 'released'), who)
  if (step.do === 'expire') return expire(model, who)
  if (step.do === 'grant') return grant(model, who, step.tokens)
  if (step.do === 'storm') return storm(model, who, step)
  if (step.do === 'wipe') {
    await quota.redis.flushall()
    for (const hold of model.holds) if (hold.state === 'held') hold.state = 'lost'
  }
  if (step.do === 'forget scripts') await quota.redis.script('FLUSH')
  if (step.do === 'next week') {
    model.week += 1
    await expire(model, who, WEEK_MS)
  }
}

async function reserve(model: Model, who: Enrolled, input: number, output: number): Promise<void> {
  const id = randomUUID()
  const { remaining, held } = model.of(model.week)
  const answer = await quota.reserve(who, { reservationId: id, inputTokens: input, maxOutputTokens: output })
  const useful = Math.min(output, 16)
  if (!answer.granted) {
    if (input + useful <= remaining) throw new Error(`false refusal: ${answer.reason} with ${remaining} left`)
    const expected = input + useful <= remaining + held ? 'budget_in_use' : 'insufficient_quota'
    if (answer.reason !== expected) throw new Error(`refused with ${answer.reason} instead of ${expected}`)
    return
  }
  if (answer.tokensHeld > remaining) throw new Error(`overspent: ${answer.tokensHeld} of ${remaining}`)
  if (answer.tokensHeld !== Math.min(input + output, remaining))
    throw new Error('the cap was lowered too far')
  model.holds.push({ id, week: model.week, tokens: answer.tokensHeld, state: 'held', charge: 0 })
}

async function settle(hold: Hold | undefined, percent: number, who: Enrolled): Promise<void> {
  if (!hold) return
  hold.charge = Math.floor((hold.tokens * percent) / 100)
  hold.state = 'settled'
  await quota.record(who, hold)
}

async function release(hold: Hold | undefined, who: Enrolled): Promise<void> {
  if (!hold) return
  hold.state = 'released'
  await quota.record(who, { id: hold.id, week: hold.week, end: 'release' })
}

async function repeat(hold: Hold | undefined, who: Enrolled): Promise<void> {
  if (!hold) return
  const end = hold.state === 'settled' ? 'settle' : 'release'
  await quota.record(who, { id: hold.id, week: hold.week, charge: hold.charge, end })
}

type Storm = Extract<Step, { do: 'storm' }>

/** Everything that is open settles while tokens are granted, and before the ledger has it, more happens. */
async function storm(model: Model, who: Enrolled, step: Storm): Promise<void> {
  const open = model.holds.filter(hold => ['held', 'lost', 'expired'].includes(hold.state))
  await Promise.all([
    ...open.map((hold, index) => settle(hold, (index * 29) % 101, who)),
    grant(model, who, step.tokens),
  ])
  if (step.after === 'wipe') await quota.redis.flushall()
  if (step.after === 'repeat') await Promise.all(open.map(hold => repeat(hold, who)))
}

async function expire(model: Model, who: Enrolled, afterMs = 60_000): Promise<void> {
  await agrees(model, who)
  clock.advance(afterMs)
  for (const hold of model.holds) if (hold.state === 'held') hold.state = 'expired'
}

async function grant(model: Model, { studentId }: Enrolled, tokens: number): Promise<void> {
  const { week } = model
  const more = { week, tokens, reason: 'test', actor: 'test' }
  await quota.ask(staff.GrantCall, { grantId: randomUUID(), studentId, ...more })
  model.granted.set(week, (model.granted.get(week) ?? 0) + tokens)
}

/** The service comes to the model's numbers, and stays there. */
async function agrees(model: Model, { studentId }: Enrolled): Promise<void> {
  for (let week = 1; week <= model.week; week += 1) {
    const expected = model.of(week)
    let seen: Partial<typeof expected> = {}
    await until(async () => {
      seen = await quota.ask(staff.StudentBalanceCall, { studentId, week })
      return Object.entries(expected).every(([name, value]) => seen[name as keyof typeof seen] === value)
    }, 3000).catch(() => {
      throw new Error(`week ${week}: ${JSON.stringify(seen)} instead of ${JSON.stringify(expected)}`)
    })
  }
}

/** At the end: every reservation has one end in the ledger, and its sums are the balances. */
async function endAll(model: Model, who: Enrolled): Promise<void> {
  for (const hold of model.holds) if (hold.state === 'lost') await settle(hold, 50, who)
  await expire(model, who, 60_000)
  await agrees(model, who)
  const ended = model.holds.filter(hold => hold.state !== 'lost')
  await until(async () => (await ends(quota, who)).size === ended.length)
  for (const [id, kinds] of await ends(quota, who)) {
    const hold = model.holds.find(one => one.id === id)
    const last = { settled: 'settle', released: 'release', expired: 'expire', held: '', lost: '' }[
      hold?.state ?? 'held'
    ]
    const allowed = [[last], ['expire', last]].map(String)
    if (!allowed.includes(String(kinds))) throw new Error(`${hold?.state}: ends in the ledger: ${kinds}`)
  }
  const { rows } = await quota.pool.query<{ week: number; left: string }>(
    'SELECT week, sum(tokens) AS left FROM quota.ledger_entries WHERE student_id = $1 GROUP BY week',
    [who.studentId],
  )
  for (const { week, left } of rows) {
    if (Number(left) !== model.of(week).remaining) throw new Error(`week ${week}: the ledger says ${left}`)
  }
}

async function ends({ pool }: Fixture, { studentId }: Enrolled): Promise<Map<string, string[]>> {
  const { rows } = await pool.query<{ id: string; kinds: string[] }>(
    `SELECT reservation_id AS id, array_agg(kind ORDER BY id) AS kinds FROM quota.ledger_entries
      WHERE student_id = $1 AND reservation_id IS NOT NULL GROUP BY 1`,
    [studentId],
  )
  return new Map(rows.map(({ id, kinds }) => [id, kinds]))
}
