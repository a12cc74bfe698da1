import { ReserveCall } from '@lectern/shared/contracts/quota.ts'
import { WeekRefusalsCall } from '@lectern/shared/contracts/refusals.ts'
import { MintTrialKeyCall } from '@lectern/shared/contracts/trials.ts'
import t from 'tap'
import { createRefusalTally } from '../../src/refusal-tally.ts'
import { createApiKeys } from '../../src/store/api-keys.ts'
import { openDatabase } from '../../src/store/database.ts'
import { createRefusals } from '../../src/store/refusals.ts'
import { type Enrolled, newKey, reserveQuestion, startFixture, until } from '../fixture.ts'

/** What staff see of requests that never began. */

const quota = await startFixture(t)

const refusals = async ({ courseId }: Enrolled, week = 1) =>
  (await quota.ask(WeekRefusalsCall, { courseId, week })).items
const counted = (who: Enrolled, requests: number, week = 1) =>
  until(async () => (await refusals(who, week)).reduce((sum, each) => sum + each.requests, 0) >= requests)
/** As the gateway asks when it will not ask for less. */
const lastQuestion = { lowerOutput: true, maxOutputTokens: 90 }

t.test('refusals are counted by reason, with the students who met them', async t => {
  const ada = await quota.course({ weeklyTokens: 0, models: ['m'] })
  const bob = await quota.student(ada.courseId)
  for (const who of [ada, ada, bob]) await quota.reserve(who, lastQuestion)
  await quota.reserve(bob, { model: 'other' })
  await counted(ada, 4)
  const [most, least, ...others] = await refusals(ada)
  t.match(most, { reason: 'insufficient_quota', requests: 3, students: 2 })
  t.match(least, { reason: 'model_not_found', requests: 1, students: 1 })
  t.ok(Date.now() - Date.parse(most?.lastAt ?? '') < 60_000)
  t.same(others, [])
})

t.test('what is refused to staff who try a prompt is not counted', async t => {
  const who = await quota.course({ weeklyTokens: 0 })
  const { courseId } = who
  const { hash: keyHash } = newKey(courseId)
  const { studentId } = await quota.ask(MintTrialKeyCall, { courseId, staff: 's', name: 'Ada', keyHash })
  t.match(await quota.reserve({ ...who, studentId, keyHash }, lastQuestion), { granted: false })
  await quota.reserve(who, lastQuestion)
  await counted(who, 1)
  t.match(await refusals(who), [{ requests: 1, students: 1 }])
})

t.test('what came before is added to, also by another replica', async t => {
  const who = await quota.course({ weeklyTokens: 0 })
  await quota.reserve(who, lastQuestion)
  await counted(who, 1)
  const other = await quota.startReplica()
  for (let i = 0; i < 20; i++) await quota.reserve(who, lastQuestion)
  // What it has counted is added as it stops.
  await other.stop()
  await counted(who, 21)
  t.match(await refusals(who), [{ requests: 21, students: 1 }])
})

t.test(
  'nothing is counted of granted requests, of keys of nobody, or of a first question that may fit smaller',
  async t => {
    const who = await quota.course({ weeklyTokens: 150 })
    t.match(await quota.reserve(who), { granted: true, tokensHeld: 100 })
    t.match(await quota.reserve({ ...who, keyHash: newKey(who.courseId).hash }), {
      reason: 'invalid_api_key',
    })
    t.match(await quota.reserve(who, { lowerOutput: false }), { reason: 'budget_in_use' })
    await quota.reserve(who, { ...lastQuestion, inputTokens: 500 })
    await counted(who, 1)
    t.match(await refusals(who), [{ requests: 1 }])
  },
)

t.test('outside the weeks: in the stretch in which it happened', async t => {
  const startsOn = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10)
  const who = await quota.course({ startsOn })
  t.match(await quota.reserve(who), { reason: 'course_closed' })
  await counted(who, 1, 1000)
  t.same(await refusals(who), [])
})

t.test('P11: while Postgres is away they are kept, and added when it is back', async t => {
  const who = await quota.course({ weeklyTokens: 0 })
  const closing = new AsyncDisposableStack()
  t.teardown(() => closing.disposeAsync())
  const tally = createRefusalTally({
    refusals: createRefusals(quota.pool),
    keys: createApiKeys(openDatabase(quota.pool, closing)),
    clock: { nowMs: () => Date.now() },
  })
  const reserve = tally.watch(request => quota.ask(ReserveCall, request))
  const question = () => ({ ...reserveQuestion(who), ...lastQuestion })
  await reserve(question())
  await quota.servers.postgres.stop()
  t.match(await reserve(question()), { reason: 'insufficient_quota' })
  await t.rejects(tally.flush(), 'nowhere to add them')
  await quota.servers.postgres.start()
  await until(() =>
    tally.flush().then(
      () => true,
      () => false,
    ),
  )
  // The service has counted the same two.
  await counted(who, 4)
  await tally.flush()
  t.match(await refusals(who), [{ requests: 4, students: 1 }])
})
