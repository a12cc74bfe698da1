import { setImmediate as turn } from 'node:timers/promises'
import { createBatch } from '@lectern/shared/nats/batch.ts'
import t from 'tap'

const LONG_MS = 60_000
const next = async <T>(batches: AsyncGenerator<T[]>) => (await batches.next()).value

t.test('a batch is full by number', async t => {
  const batch = createBatch<number>({ batchSize: 3, lingerMs: LONG_MS })
  for (const item of [1, 2, 3, 4, 5, 6, 7]) batch.add(item)
  const batches = batch.take()
  t.same(await next(batches), [1, 2, 3])
  t.same(await next(batches), [4, 5, 6])
  const last = next(batches)
  batch.add(8)
  batch.add(9)
  t.same(await last, [7, 8, 9])
})

t.test('a batch is full by bytes, and one item of more is a batch of its own', async t => {
  const batch = createBatch<string>({
    batchSize: 100,
    lingerMs: LONG_MS,
    batchBytes: 5,
    bytesOf: item => item.length,
  })
  for (const item of ['aa', 'bb', 'c', 'dd', 'eeeeeeeee', 'fff', 'gg']) batch.add(item)
  const batches = batch.take()
  t.same(await next(batches), ['aa', 'bb', 'c'])
  t.same(await next(batches), ['dd'])
  t.same(await next(batches), ['eeeeeeeee'])
  t.same(await next(batches), ['fff', 'gg'])
})

t.test('who adds can wait until less than a batch waits', async t => {
  const batch = createBatch<string>({
    batchSize: 100,
    lingerMs: LONG_MS,
    batchBytes: 4,
    bytesOf: item => item.length,
  })
  batch.add('aa')
  await batch.room()
  batch.add('bb')
  let hasRoom = false
  const waiting = batch.room().then(() => {
    hasRoom = true
  })
  await turn()
  t.notOk(hasRoom)
  t.same(await next(batch.take()), ['aa', 'bb'])
  await waiting
  t.ok(hasRoom)
  batch.add('cccc')
  const atTheEnd = batch.room()
  batch.end()
  await atTheEnd
})
