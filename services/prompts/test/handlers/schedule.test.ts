import { manualClock } from '@lectern/shared/clock.ts'
import { PROMPTS_CHANGED } from '@lectern/shared/contracts/subjects.ts'
import t from 'tap'
import { startPrompts } from '../prompts.ts'

const NOON_MS = Date.parse('2026-11-26T12:00:00Z')
const HOUR_MS = 3_600_000
const clock = manualClock(NOON_MS)
// Real servers on a busy machine.
t.setTimeout(120_000)
const prompts = await startPrompts(t, { replicas: 2, clock, env: { CACHE_TTL_MS: '3600000' } })
const { publish, resolve, restore, withdraw, listPrompts, nc, running } = prompts
const weeks = { fromWeek: 1, toWeek: 5 }
const iso = (ms: number) => new Date(ms).toISOString()
const inForce = async (courseId: string) => (await resolve({ courseId, week: 2 })).prompt?.text ?? null

/** Waits for the broadcast of a course. */
function broadcastOf(courseId: string): Promise<void> {
  return new Promise(resolve => {
    const subscription = nc.subscribe(PROMPTS_CHANGED, {
      callback: (_, message) => {
        if (message.json<{ courseId: string }>().courseId !== courseId) return
        subscription.unsubscribe()
        resolve()
      },
    })
  })
}
const settled = () => new Promise(resolve => setTimeout(resolve, 400))

t.test('P6: a version comes into force at its time, on every replica, and gateways are told', async t => {
  await publish({ courseId: 'timed', ...weeks, text: 'now' })
  const publishAt = iso(NOON_MS + HOUR_MS)
  const later = await publish({ courseId: 'timed', ...weeks, text: 'later', publishAt })
  t.match(later, { version: 2, publishAt })
  await publish({ courseId: 'timed', ...weeks, text: 'meanwhile' })
  await settled()
  const asked = () => Promise.all(Array.from({ length: 10 }, () => inForce('timed')))
  t.same(new Set(await asked()), new Set(['meanwhile']))
  clock.set(NOON_MS + HOUR_MS - 1)
  t.same(new Set(await asked()), new Set(['meanwhile']))
  const told = broadcastOf('timed')
  clock.set(NOON_MS + HOUR_MS)
  t.same(new Set(await asked()), new Set(['later']), 'by the clock alone')
  await told
  await publish({ courseId: 'timed', ...weeks, text: 'after it' })
  t.equal(await inForce('timed'), 'after it')
  const { items } = await listPrompts({ courseId: 'timed', limit: 10 })
  t.same(
    items.map(version => version.publishAt),
    [null, null, publishAt, null],
  )
})

t.test('P6: a time that came while nothing ran is made up for', async t => {
  const start = clock.nowMs()
  await publish({ courseId: 'down', ...weeks, text: 'late', publishAt: iso(start + 1000) })
  for (const service of running) await service.stop()
  clock.advance(5000)
  const told = broadcastOf('down')
  await nc.flush()
  await prompts.startReplica()
  await told
  t.equal(await inForce('down'), 'late')
})

t.test('a version is taken back before its time, and not after', async t => {
  const start = clock.nowMs()
  await publish({ courseId: 'undo', ...weeks, text: 'stays' })
  await publish({ courseId: 'undo', ...weeks, text: 'mistake', publishAt: iso(start + 1000) })
  t.match(await withdraw({ courseId: 'undo', version: 2 }), { version: 2, text: 'mistake' })
  clock.advance(2000)
  t.equal(await inForce('undo'), 'stays')
  const refused = (version: number) => withdraw({ courseId: 'undo', version })
  await t.rejects(refused(1), { code: 'conflict' })
  await t.rejects(refused(2), { code: 'not_found' })
  await t.rejects(refused(9), { code: 'not_found' })
  await t.rejects(restore({ courseId: 'undo', version: 2 }), { code: 'not_found' })
  t.equal(
    (await publish({ courseId: 'undo', ...weeks, text: 'next' })).version,
    3,
    'its number is not used again',
  )
  t.same(
    (await listPrompts({ courseId: 'undo', limit: 10 })).items.map(({ version }) => version),
    [3, 1],
  )
})

t.test('P6: back to an earlier text is a new version, at once or at a time', async t => {
  for (const text of ['one', 'two']) await publish({ courseId: 'back', ...weeks, text })
  t.match(await restore({ courseId: 'back', version: 1 }), { version: 3, text: 'one', ...weeks })
  t.equal(await inForce('back'), 'one')
  const publishAt = iso(clock.nowMs() + 1000)
  t.match(await restore({ courseId: 'back', version: 2, publishAt }), { version: 4, publishAt })
  t.equal(await inForce('back'), 'one')
  clock.advance(1000)
  t.equal(await inForce('back'), 'two')
  await t.rejects(restore({ courseId: 'other', version: 1 }), { code: 'not_found' })
})

t.test('a time that is none, is past, or has no zone is refused', async t => {
  for (const publishAt of [
    ...['2026-99-99T00:00:00.000Z', 'tomorrow at eight o’clock', '2199-01-01T08:00:00.000'],
    ...[iso(clock.nowMs()), '2020-01-01T00:00:00.000Z'],
  ]) {
    await t.rejects(
      publish({ courseId: 'refused', ...weeks, text: 'x', publishAt }),
      { code: 'invalid_request', param: 'publishAt' },
      publishAt,
    )
  }
})
