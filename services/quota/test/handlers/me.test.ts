import { randomBytes } from 'node:crypto'
import { manualClock } from '@lectern/shared/clock.ts'
import * as staff from '@lectern/shared/contracts/courses.ts'
import * as me from '@lectern/shared/contracts/me.ts'
import { AuthenticateCall } from '@lectern/shared/contracts/quota.ts'
import { ImportStudentsCall } from '@lectern/shared/contracts/roster.ts'
import t from 'tap'
import { type Enrolled, newKey, startFixture, until } from '../fixture.ts'

const HOUR_MS = 3_600_000
const clock = manualClock(Date.now())
// Real servers on a busy machine.
t.setTimeout(120_000)
const quota = await startFixture(t, { clock })
const { ask } = quota
let address = 0
const secret = () => randomBytes(32).toString('hex')

async function open({ keyHash }: { keyHash: string }, replaces?: string): Promise<string> {
  const session = { hash: secret(), ...(replaces ? { replaces } : {}) }
  address += 1
  const answer = await ask(me.OpenStudentSessionCall, { address: `198.51.100.${address}`, keyHash, session })
  if (!answer.opened) throw new Error('not opened')
  return session.hash
}
const newRow = (courseId: string) => ({
  ...{ id: secret().slice(0, 20), name: 'Grace', email: 'grace@example.edu' },
  key: newKey(courseId),
})
const find = async (hash: string) => (await ask(me.FindStudentSessionCall, { hash })).me
const isKnown = async (keyHash: string) => (await ask(AuthenticateCall, { keyHash })).known

t.test('a session is its key’s owner’s, and nobody is found by another one', async t => {
  const who = await quota.course({ models: ['m'] })
  const hash = await open(who)
  t.match(await find(hash), {
    student: { id: who.studentId, name: 'Ada', group: null },
    course: { id: who.courseId, models: ['m'] },
    key: { id: who.keyId },
  })
  t.equal(await find(secret()), null)
  const next = await open(who, hash)
  t.equal(await find(hash), null, 'replaced')
  t.same(await ask(me.EndStudentSessionCall, { hash: next }), { ended: true })
  t.equal(await find(next), null)
})

t.test('P10: a session ends at once with its key: revoked, rotated, dropped', async t => {
  const replica = await quota.startReplica()
  const ends: Record<string, (who: Enrolled) => Promise<unknown>> = {
    revoked: ({ keyId }) => ask(staff.RevokeKeyCall, { keyId }),
    rotated: ({ keyId, courseId }) => ask(staff.RotateKeyCall, { keyId, key: newKey(courseId) }),
    dropped: ({ studentId }) => ask(staff.DropStudentCall, { studentId }),
    'left out of a roster': ({ courseId }) =>
      ask(ImportStudentsCall, { courseId, mode: 'replace', rows: [newRow(courseId)], actor: 'dean' }),
  }
  for (const [what, end] of Object.entries(ends)) {
    const who = await quota.course()
    const hash = await open(who)
    const key = newKey(who.courseId)
    t.match(await ask(me.MintSessionKeyCall, { hash, key }), { minted: true })
    t.match(await quota.reserve({ ...who, keyHash: key.hash }), { granted: true })
    await end(who)
    for (let round = 0; round < 4; round += 1) t.equal(await find(hash), null, what)
    t.match(await quota.reserve({ ...who, keyHash: key.hash }), { reason: 'invalid_api_key' }, what)
    t.same(await ask(me.MintSessionKeyCall, { hash, key: newKey(who.courseId) }), { minted: false })
    t.same(await ask(me.RotateOwnKeyCall, { hash, key: newKey(who.courseId) }), { rotated: false })
  }
  await replica.stop()
})

t.test('P10: who rotates their key goes on, and all other sessions of the old one end', async t => {
  const who = await quota.course()
  const [mine, other] = [await open(who), await open(who)]
  await quota.reserve(who)
  const key = newKey(who.courseId)
  t.match(await ask(me.RotateOwnKeyCall, { hash: mine, key }), { rotated: true, key: { id: key.id } })
  t.match(await find(mine), { key: { id: key.id } })
  t.equal(await find(other), null)
  t.match(await quota.reserve(who), { reason: 'invalid_api_key' })
  t.match(await quota.reserve({ ...who, keyHash: key.hash }), { granted: true })
})

t.test('a session ends when it is not used, and however it is used after a week', async t => {
  const who = await quota.course()
  const [idle, used] = [await open(who), await open(who)]
  for (let hours = 0; hours < 7 * 24 - 1; hours += 11) {
    t.ok(await find(used), `${hours} h`)
    clock.advance(11 * HOUR_MS)
  }
  t.equal(await find(idle), null)
  clock.advance(2 * HOUR_MS)
  t.equal(await find(used), null)
  clock.set(Date.now())
})

t.test('P1: a session key spends the same budget, is no key of the list, and ends by itself', async t => {
  const who = await quota.course({ weeklyTokens: 150 })
  const hash = await open(who)
  const key = newKey(who.courseId)
  const minted = await ask(me.MintSessionKeyCall, { hash, key })
  t.equal(minted.minted && minted.expiresAtMs, clock.nowMs() + 600_000)
  const owner = { ...who, keyHash: key.hash }
  t.match(await quota.reserve(owner), { granted: true, studentId: who.studentId, remaining: 50 })
  t.match(await quota.reserve(who, { inputTokens: 100 }), { granted: false, reason: 'budget_in_use' })
  const { keys } = await ask(staff.GetStudentCall, { studentId: who.studentId })
  t.same(
    keys.map(({ id }) => id),
    [who.keyId],
  )
  await t.rejects(ask(staff.RotateKeyCall, { keyId: key.id, key: newKey(who.courseId) }), {
    code: 'not_found',
  })
  await t.rejects(ask(staff.RevokeKeyCall, { keyId: key.id }), { code: 'not_found' })
  t.match(
    await ask(me.OpenStudentSessionCall, { address: 'a', keyHash: key.hash, session: { hash: secret() } }),
    { opened: false },
    'it opens no session',
  )
  const [name] = await quota.redis.keys(`{q:*}:key:${key.hash}`)
  const lives = await quota.redis.ttl(name ?? '')
  t.ok(lives > 0 && lives <= 600, 'the copy in Redis expires with it')
  clock.advance(600_000)
  await quota.redis.del(name ?? '')
  t.notOk(await isKnown(key.hash), 'read again, it has expired')
  t.ok(await isKnown(who.keyHash))
  const again = newKey(who.courseId)
  t.match(await ask(me.MintSessionKeyCall, { hash: await open(who), key: again }), { minted: true })
  const { rows } = await quota.pool.query('SELECT hash FROM quota.session_keys WHERE key_id = $1', [
    who.keyId,
  ])
  t.same(rows, [{ hash: again.hash }], 'what has expired is not kept')
  clock.set(Date.now())
})

t.test('P10: keys made while their parent is rotated do not outlive it', async t => {
  for (let round = 0; round < 10; round += 1) {
    const who = await quota.course()
    const hash = await open(who)
    const keys = Array.from({ length: 4 }, () => newKey(who.courseId))
    await Promise.allSettled([
      ...keys.slice(0, 2).map(key => ask(me.MintSessionKeyCall, { hash, key })),
      ask(staff.RotateKeyCall, { keyId: who.keyId, key: newKey(who.courseId) }),
      ...keys.slice(2).map(key => ask(me.MintSessionKeyCall, { hash, key })),
    ])
    for (const key of keys) t.notOk(await isKnown(key.hash))
  }
})

t.test('a flood of unknown keys from an address is stopped', async t => {
  const from = '203.0.113.1'
  const { keyHash } = await quota.course()
  const attempt = (hash: string) =>
    ask(me.OpenStudentSessionCall, { address: from, keyHash: hash, session: { hash: secret() } })
  const answers = await Promise.all(Array.from({ length: 40 }, () => attempt(secret())))
  t.equal(answers.filter(answer => !answer.opened && answer.retryAfterMs !== null).length, 10)
  t.match(await attempt(keyHash), { opened: false, retryAfterMs: Number })
})

t.test('use by day, in the time zone of the course, the days without any too', async t => {
  const who = await quota.course({ timezone: 'Asia/Shanghai' })
  const other = await quota.student(who.courseId)
  await quota.reserve(who, { reservationId: 'use-1' })
  await quota.record(who, { id: 'use-1', charge: 30 })
  await quota.reserve(other, { reservationId: 'use-2' })
  await quota.record(other, { id: 'use-2', charge: 50 })
  await until(async () => (await quota.entries(who)).some(entry => entry.kind === 'settle'))
  const { items } = await ask(me.UseByDayCall, { studentId: who.studentId, days: 3 })
  t.equal(items.length, 3)
  t.same(items.at(-1), {
    day: Temporal.Now.plainDateISO('Asia/Shanghai').toString(),
    ...{ requests: 1, inputTokens: 1, outputTokens: 2, tokens: 30 },
  })
  t.match(items[0], { requests: 0, tokens: 0 })
})
