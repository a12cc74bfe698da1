import { manualClock } from '@lectern/shared/clock.ts'
import fc from 'fast-check'
import t from 'tap'
import { startFixture } from './fixture.ts'
import { HOLD_MS, Model } from './model.ts'
import { anyCommand } from './model-commands.ts'
import type { Command } from './model-step.ts'
import { agree, agreeInBooks, patient, redisFiles, replicasOf, type World } from './model-world.ts'

/**
 * Random histories on the real service, Redis and Postgres, checked after each command against a model that is a list of
 * holds and some arithmetic. LECTERN_RUNS asks for more of them; LECTERN_SEED and LECTERN_PATH, which a failure prints,
 * repeat one.
 */

const STARTS_MS = Date.parse('2026-01-05T00:00:00Z')
const WEEKLY = 1000
const RUNS = Number(process.env.LECTERN_RUNS ?? 8)
const SEED = Number(process.env.LECTERN_SEED) || undefined
const PATH = process.env.LECTERN_PATH
t.setTimeout(60_000 + RUNS * 20_000)

const clock = manualClock(STARTS_MS)
const env = {
  // Nothing is compared with the ledger in the background: a wrong balance must stay visible.
  RECONCILE_INTERVAL_MS: '2000000000',
  BUDGET_WAIT_MS: '0',
  EXPIRE_INTERVAL_MS: '10',
  // Settlements stay long enough between Redis and the ledger for everything else to come in between.
  SETTLE_LINGER_MS: '60',
}
const quota = await startFixture(t, { clock, env, redis: { keep: true } })
const replicas = replicasOf(quota)
const redis = await redisFiles(t, quota, replicas)
const counts = new Map<string, number>()

async function live(commands: Iterable<Command>): Promise<void> {
  clock.set(STARTS_MS)
  const first = await quota.course({ startsOn: '2026-01-05', weeks: 50, weeklyTokens: WEEKLY, ownKeys: true })
  const students = [[first], [await quota.student(first.courseId)]]
  const world: World = { quota: patient(quota), clock, students, redis, replicas }
  const model = new Model({ students: students.length, weeklyTokens: WEEKLY, nowMs: STARTS_MS })
  await agree(model, world)
  await fc.asyncModelRun(() => ({ model, real: world }), commands)
  for (const command of commands) {
    const [name = ''] = String(command).split(' {')
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  // Nobody tells the rest: what Redis still holds expires, what it lost stays open in nobody's books.
  model.pass(HOLD_MS)
  clock.set(model.nowMs)
  await agree(model, world)
  await agreeInBooks(model, world)
}

t.test('P1 P2 P4: whatever happens in whatever order, the service says what the model says', async t => {
  const commands = fc.commands([anyCommand], { maxCommands: 40, size: 'max' })
  await fc.assert(fc.asyncProperty(commands, live), {
    numRuns: RUNS,
    endOnFailure: true,
    includeErrorInReport: true,
    ...(SEED === undefined ? {} : { seed: SEED }),
    ...(PATH === undefined ? {} : { path: PATH }),
  })
  t.comment(`${RUNS} histories: ${[...counts].map(([name, count]) => `${name} ${count}`).join(', ')}`)
})
