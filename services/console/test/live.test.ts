import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { createLive } from '../src/live.ts'

const always = async () => true

t.test('each course has its own events, and all end at the end', async t => {
  const live = createLive({ heartbeatMs: 1_000_000 })
  const [one, two] = [live.open('a', always), live.open('b', always)]
  if (!one || !two) throw new Error('both are opened')
  live.send('a', 'counters', { week: 1 })
  live.send('c', 'counters', {})
  t.same([live.isWatched('a'), live.isWatched('c')], [true, false])
  live.end()
  t.equal(await text(one), 'retry: 3000\n\nevent: counters\ndata: {"week":1}\n\n')
  t.equal(await text(two), 'retry: 3000\n\n')
})

t.test('so many are taken and no more, until one leaves', async t => {
  const live = createLive({ most: 2, heartbeatMs: 1_000_000 })
  const first = live.open('a', always)
  live.open('b', always)
  t.equal(live.open('a', always), null)
  first?.destroy()
  if (first) await once(first, 'close')
  t.notOk(live.isWatched('a'))
  t.ok(live.open('a', always))
  live.end()
})

t.test('a client that reads nothing is let go, the others stay', async t => {
  const live = createLive({ heartbeatMs: 1_000_000 })
  const [slow, quick] = [live.open('a', always), live.open('a', always)]
  if (!slow || !quick) throw new Error('both are opened')
  let read = 0
  quick.on('data', (chunk: Buffer) => {
    read += chunk.length
  })
  for (let sent = 0; sent < 20; sent += 1) {
    live.send('a', 'conversations', 'x'.repeat(20_000))
    await new Promise(setImmediate)
  }
  t.ok(slow.destroyed)
  t.notOk(quick.destroyed)
  t.ok(read > 20 * 20_000)
  live.end()
})

t.test('a stream ends for who may not look on any more, and stays where nobody can say', async t => {
  const alive = setInterval(() => undefined, 1000)
  t.teardown(() => clearInterval(alive))
  const live = createLive({ heartbeatMs: 1_000_000, checkMs: 5 })
  const answers = [true, true, false]
  const leaving = live.open('a', async () => answers.shift() ?? false)
  const staying = live.open('a', async () => {
    throw new Error('quota is away')
  })
  if (!leaving || !staying) throw new Error('both are opened')
  t.equal(await text(leaving), 'retry: 3000\n\n')
  t.same(answers, [])
  t.notOk(staying.readableEnded || staying.destroyed)
  live.end()
})

t.test('a quiet stream is kept open by comments, and ends in its time', async t => {
  // The timers of streams do not keep a process alive.
  const alive = setInterval(() => undefined, 1000)
  t.teardown(() => clearInterval(alive))
  const live = createLive({ heartbeatMs: 5, lifetimeMs: 60 })
  const stream = live.open('a', always)
  if (!stream) throw new Error('it is opened')
  t.match(await text(stream), /^retry: 3000\n\n(: here\n\n)+$/)
  live.end()
})
