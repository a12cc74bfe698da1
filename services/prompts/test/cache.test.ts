import { manualClock } from '@lectern/shared/clock.ts'
import { createLog } from '@lectern/shared/log.ts'
import t from 'tap'
import { createCourseCache } from '../src/cache.ts'
import type { Course } from '../src/course.ts'

const FRESH_MS = 1000
const STALE_MS = 60_000
const log = createLog('test', 'silent')

/** A cache whose reads end when, and as, the test says. Courses are told apart by their text. */
function cacheUnderTest() {
  const reads: PromiseWithResolvers<Course>[] = []
  const clock = manualClock(1_000_000)
  const read = () => {
    const started = Promise.withResolvers<Course>()
    reads.push(started)
    return started.promise
  }
  const cache = createCourseCache({ read, clock, log, freshMs: FRESH_MS, staleMs: STALE_MS })
  const text = async () => (await cache.get('c')).texts.get('v')
  const answerWith = (index: number, text: string) =>
    reads[index]?.resolve({ courseId: 'c', versions: [], texts: new Map([['v', text]]), rules: [] })
  const fail = (index: number) => reads[index]?.reject(new Error('the database is away'))
  return { cache, clock, reads, text, answerWith, fail }
}

t.test('one read serves all who wait, and then memory does', async t => {
  const { reads, text, answerWith } = cacheUnderTest()
  const both = Promise.all([text(), text()])
  answerWith(0, 'one')
  t.same(await both, ['one', 'one'])
  t.equal(await text(), 'one')
  t.equal(reads.length, 1)
})

t.test('P6: a read that began before a change neither fills the cache nor answers', async t => {
  const { cache, reads, text, answerWith } = cacheUnderTest()
  const asked = text()
  cache.drop('c')
  const askedAfterwards = text()
  answerWith(0, 'before the change')
  answerWith(1, 'after the change')
  t.equal(await askedAfterwards, 'after the change')
  t.equal(await asked, 'after the change', 'the earlier question too waits for the newer state')
  t.equal(await text(), 'after the change')
  t.equal(reads.length, 2)
})

t.test('P6: the same when the old read ends last', async t => {
  const { cache, text, answerWith } = cacheUnderTest()
  const asked = text()
  cache.drop('c')
  const askedAfterwards = text()
  answerWith(1, 'after the change')
  t.equal(await askedAfterwards, 'after the change')
  answerWith(0, 'before the change')
  t.equal(await asked, 'after the change')
  t.equal(await text(), 'after the change')
})

t.test('P11: while reads fail, what is known is answered up to the limit, and no longer', async t => {
  const { clock, reads, text, answerWith, fail } = cacheUnderTest()
  const first = text()
  answerWith(0, 'one')
  await first
  clock.advance(FRESH_MS)
  const second = text()
  fail(1)
  t.equal(await second, 'one')
  t.equal(await text(), 'one')
  t.equal(reads.length, 2, 'a failing database is left alone for a moment')
  clock.advance(STALE_MS)
  const third = text()
  fail(2)
  await t.rejects(third, { message: 'the database is away' })
  const fourth = text()
  answerWith(3, 'two')
  t.equal(await fourth, 'two', 'recovers by itself')
})

t.test('P11: a database that hangs is waited for only as long as a caller can wait', async t => {
  const { clock, text, answerWith } = cacheUnderTest()
  const first = text()
  answerWith(0, 'one')
  await first
  clock.advance(FRESH_MS)
  t.equal(await text(), 'one')
  answerWith(1, 'two')
  await new Promise(setImmediate)
  t.equal(await text(), 'two', 'an answer that came late is used')
})

t.test('P6: what a change outdated is not answered, even when nothing newer can be read', async t => {
  const { cache, text, answerWith, fail } = cacheUnderTest()
  const first = text()
  answerWith(0, 'one')
  await first
  cache.drop('c')
  const second = text()
  fail(1)
  await t.rejects(second, { message: 'the database is away' })
})

t.test('P6: after a lost connection everything is read again, and serves only if that fails', async t => {
  const { cache, text, answerWith, fail } = cacheUnderTest()
  const first = text()
  answerWith(0, 'one')
  await first
  cache.doubt()
  const second = text()
  fail(1)
  t.equal(await second, 'one')
  cache.doubt()
  const third = text()
  answerWith(2, 'two')
  t.equal(await third, 'two')
})
