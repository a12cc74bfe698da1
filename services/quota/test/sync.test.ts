import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { End } from '../src/end.ts'
import { bucketFor } from '../src/store/keys.ts'
import type { Ledger } from '../src/store/ledger.ts'
import { createLook, createSync } from '../src/sync.ts'
import { type Enrolled, startFixture } from './fixture.ts'
import { openOwnStores } from './own-stores.ts'

/** What may come between the steps of a sync, put there on purpose. The service itself only makes the course here. */

const quota = await startFixture(t, { env: { RECONCILE_INTERVAL_MS: '2000000000' } })
const stores = await openOwnStores(t, quota)

interface Between {
  /** After Redis was read and before the ledger is. */
  beforeLedger?: () => Promise<unknown>
  /** After both were read. */
  afterLedger?: () => Promise<unknown>
}

/** A sync with something between its steps, once. */
function syncWith({ beforeLedger, afterLedger }: Between) {
  let times = 0
  const ledger: Ledger = {
    ...stores.ledger,
    async sum(account, pending, openBefore) {
      times += 1
      if (times === 1) await beforeLedger?.()
      const sum = await stores.ledger.sum(account, pending, openBefore)
      if (times === 1) await afterLedger?.()
      return sum
    },
  }
  const sync = createSync(createLook({ ...stores, ledger }), stores.accounts)
  return async (who: Enrolled) => {
    await sync({ ...who, week: 1 })
    return times
  }
}

async function charged(who: Enrolled): Promise<End> {
  const reservationId = randomUUID()
  await quota.reserve(who, { reservationId })
  const end = { reservationId, kind: 'settle' as const, chargeTokens: 30 }
  await stores.reservations.end(bucketFor(who.courseId), { ...end, account: { ...who, week: 1 } })
  return { ...end, ...who, week: 1, model: 'm', inputTokens: 1, outputTokens: 1 }
}
const confirm = async ({ courseId, studentId }: Enrolled, { reservationId }: End) => {
  const account = { studentId, week: 1, reservationIds: [reservationId] }
  const [waiting] = await stores.reservations.confirm(bucketFor(courseId), [account])
  return waiting
}
const used = async (who: Enrolled) => (await quota.balance(who)).used

t.test('P2: a settlement that the ledger does not have yet is kept', async t => {
  const who = await quota.course()
  const end = await charged(who)
  t.equal(await syncWith({})(who), 1)
  t.equal(await used(who), 30)
  await stores.ledger.append([end])
  t.equal(await confirm(who, end), 1, 'and still waits for its confirmation')
  t.equal(await used(who), 30)
})

t.test('P2: a settlement that reaches the ledger in between is counted once', async t => {
  const who = await quota.course()
  const before = await charged(who)
  await syncWith({ beforeLedger: () => stores.ledger.append([before]) })(who)
  t.equal(await used(who), 30)
  const after = await charged(who)
  await syncWith({ afterLedger: () => stores.ledger.append([after]) })(who)
  t.equal(await used(who), 60)
  const confirmed = await charged(who)
  const tries = await syncWith({
    beforeLedger: async () => {
      await stores.ledger.append([confirmed])
      await confirm(who, confirmed)
    },
  })(who)
  t.equal(await used(who), 90)
  t.equal(tries, 1, 'a confirmation changes no sum, so it makes no other try necessary')
})

t.test('P2: a settlement in Redis in between makes the sync read again', async t => {
  const who = await quota.course()
  for (const [times, place] of (['beforeLedger', 'afterLedger'] as const).entries()) {
    t.equal(await syncWith({ [place]: () => charged(who) })(who), 2)
    t.equal(await used(who), 30 * (times + 1))
  }
})

t.test('P1: of two syncs the later one to ask the ledger wins', async t => {
  const who = await quota.course()
  await quota.balance(who)
  const grant = async () => {
    await quota.pool.query(
      `INSERT INTO quota.ledger_entries (kind, student_id, course_id, week, tokens, grant_id) VALUES ('grant', $1, $2, 1, 500, $3)`,
      [who.studentId, who.courseId, randomUUID()],
    )
    await syncWith({})(who)
  }
  t.equal(await syncWith({ afterLedger: grant })(who), 2)
  t.equal((await quota.balance(who)).granted, 1500)
})

t.test('P1 P2: Redis wiped in between is read again', async t => {
  const who = await quota.course()
  const end = await charged(who)
  const wipe = async () => {
    await stores.ledger.append([end])
    await quota.redis.flushall()
    await quota.balance(who)
  }
  t.equal(await syncWith({ afterLedger: wipe })(who), 2)
  t.match(await quota.balance(who), { granted: 1000, used: 30, held: 0 })
  const bare = await quota.course()
  const lost = { ...end, ...bare, reservationId: randomUUID() }
  t.equal(
    await syncWith({
      afterLedger: async () => {
        await stores.ledger.append([lost])
        await quota.redis.flushall()
      },
    })(bare),
    2,
    'also where there was no account before and is none after',
  )
  t.equal(await used(bare), 30)
})

/** A hold that has ended in the ledger, open again as in an older file of Redis. */
async function endedElsewhere(who: Enrolled, kind: End['kind']): Promise<End> {
  const reservationId = randomUUID()
  await quota.reserve(who, { reservationId })
  const chargeTokens = kind === 'settle' ? 30 : 0
  const end = {
    reservationId,
    kind,
    chargeTokens,
    ...who,
    week: 1,
    model: 'm',
    inputTokens: 1,
    outputTokens: 1,
  }
  await stores.ledger.append([end])
  return end
}
const end = (who: Enrolled, { reservationId, chargeTokens }: End, kind: 'settle' | 'release') =>
  stores.reservations.end(bucketFor(who.courseId), {
    reservationId,
    kind,
    chargeTokens,
    account: { ...who, week: 1 },
  })

t.test('P2 P4: a hold that has ended in the ledger ends in Redis; its message is then a repeat', async t => {
  for (const kind of ['settle', 'release', 'expire'] as const) {
    const who = await quota.course()
    const ended = await endedElsewhere(who, kind)
    await quota.reserve(who)
    t.match(await quota.balance(who), { held: 200 })
    t.equal(await syncWith({})(who), 1)
    const charged = kind === 'settle' ? 30 : 0
    t.match(await quota.balance(who), { used: charged, held: 100 }, 'the open one stays held')
    if (kind === 'expire') continue
    t.same(await end(who, ended, kind), { state: 'repeat' })
    t.match(await quota.balance(who), { used: charged, held: 100 })
  }
})

t.test('P1 P2: whatever comes to a hold between the steps that end it, it ends once', async t => {
  for (const place of ['beforeLedger', 'afterLedger'] as const) {
    const who = await quota.course()
    const settled = await endedElsewhere(who, 'settle')
    const settle = async () => t.match(await end(who, settled, 'settle'), { state: 'fresh' })
    t.equal(await syncWith({ [place]: settle })(who), 2, 'its settlement makes the sync read again')
    t.match(await quota.balance(who), { used: 30, held: 0 })
    const released = await endedElsewhere(who, 'release')
    const release = async () => t.match(await end(who, released, 'release'), { state: 'fresh' })
    t.equal(await syncWith({ [place]: release })(who), 1, 'a release changes no sum')
    t.match(await quota.balance(who), { used: 30, held: 0 })
    await syncWith({ [place]: () => quota.reserve(who) })(who)
    t.match(await quota.balance(who), { used: 30, held: 100 }, 'a hold that was made meanwhile is held')
    const late = await charged(who)
    await syncWith({ [place]: () => stores.ledger.append([late]) })(who)
    t.match(await quota.balance(who), { used: 60, held: 100 })
  }
})
