import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import t from 'tap'
import { DEADLETTER_STREAM, HEADER, RECORD_COMPLETED, RECORDS_STREAM } from '../../src/contracts/subjects.ts'
import { LecternError } from '../../src/errors.ts'
import { createLog } from '../../src/log.ts'
import { connectBus } from '../../src/nats/connect.ts'
import { consumeBatches } from '../../src/nats/consumer.ts'
import { ensureStreams } from '../../src/nats/streams.ts'
import { startTestServers } from '../../src/testing/servers.ts'

const log = createLog('test', process.env.LOG_LEVEL ?? 'silent')
const { natsUrl } = await startTestServers(t, { nats: true })
const nc = await connectBus({ url: natsUrl, service: 'test', log })
t.teardown(() => nc.close())
await ensureStreams(nc)
const js = jetstream(nc)

const options = (durable: string) => ({
  stream: RECORDS_STREAM,
  durable,
  subject: RECORD_COMPLETED,
  batchSize: 10,
  lingerMs: 20,
  log,
})

async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (await holds()) return
    await new Promise(resolve => setTimeout(resolve, 25))
  }
  throw new Error(`never: ${what}`)
}

const pending = async (durable: string): Promise<number> => {
  const info = await (await jetstreamManager(nc)).consumers.info(RECORDS_STREAM, durable)
  return info.num_pending + info.num_ack_pending
}

t.test(
  'P11: one poison message is dead-lettered with its reason; the rest of its batch is stored',
  async t => {
    const stored = new Set<string>()
    const consumer = consumeBatches(nc, options('poison'), async messages => {
      for (const message of messages) {
        if (message.string() === 'poison')
          throw new LecternError('invalid_request', { message: 'not a record' })
      }
      for (const message of messages) stored.add(message.string())
    })
    t.teardown(() => consumer.stop())
    for (let i = 0; i < 25; i++) await js.publish(RECORD_COMPLETED, i === 13 ? 'poison' : `m${i}`)
    await until(() => stored.size === 24, 'all good messages are stored')
    await until(async () => (await pending('poison')) === 0, 'nothing is left in the stream')
    const dead = await (await jetstreamManager(nc)).streams.getMessage(DEADLETTER_STREAM, { seq: 1 })
    t.equal(dead?.string(), 'poison')
    t.equal(dead?.header.get(HEADER.reason), 'not a record')
  },
)

t.test('P11: of two batches at once each is acknowledged by itself', async t => {
  const first = Promise.withResolvers<void>()
  const handled: string[] = []
  const both = { ...options('both'), batchSize: 1, batchesAtOnce: 2 }
  const consumer = consumeBatches(nc, both, async ([message]) => {
    const text = message?.string() ?? ''
    handled.push(text)
    if (text === 'first') await first.promise
  })
  t.teardown(() => consumer.stop())
  for (const text of ['first', 'second', 'third']) await js.publish(RECORD_COMPLETED, text)
  await until(() => handled.includes('third'), 'the first holds nobody up')
  await until(async () => (await pending('both')) === 1, 'the others are acknowledged')
  first.resolve()
  await until(async () => (await pending('both')) === 0, 'and then the first')
})

t.test('P11: an outage is waited out without losing a message or using up its tries', async t => {
  let failures = 3
  const stored = new Set<string>()
  const consumer = consumeBatches(nc, options('outage'), async messages => {
    if (failures-- > 0) throw Object.assign(new Error('connection refused'), { code: 'ECONNREFUSED' })
    for (const message of messages) stored.add(message.string())
  })
  t.teardown(() => consumer.stop())
  await js.publish(RECORD_COMPLETED, 'patient')
  await until(() => stored.has('patient'), 'stored after the outage')
  await until(async () => (await pending('outage')) === 0, 'acknowledged')
  t.ok(failures < 0)
})

t.test('P11: a consumer that the server lost is created again', async t => {
  const stored = new Set<string>()
  const consumer = consumeBatches(nc, options('lost'), async messages => {
    for (const message of messages) stored.add(message.string())
  })
  t.teardown(() => consumer.stop())
  await js.publish(RECORD_COMPLETED, 'before')
  await until(() => stored.has('before'), 'consumed once')
  await (await jetstreamManager(nc)).consumers.delete(RECORDS_STREAM, 'lost')
  await js.publish(RECORD_COMPLETED, 'after')
  await until(() => stored.has('after'), 'consumed by the new consumer')
  t.equal([...stored].filter(text => text === 'after').length, 1)
})

t.test('P11: a consumer that is stopped while it is being opened ends, too', async t => {
  // Each next one a little later: some are stopped within each step of opening.
  for (let steps = 0; steps < 40; steps++) {
    const consumer = consumeBatches(nc, options('stopped'), async () => {})
    for (let i = 0; i < steps; i++) await new Promise(resolve => setImmediate(resolve))
    await consumer.stop()
  }
  t.ok((await pending('stopped')) >= 0)
})

t.test('P11: what a stopped consumer had received, and not handled, goes to another', async t => {
  for (const text of ['one', 'two', 'three']) await js.publish(RECORD_COMPLETED, text)
  const { messages: all } = (await (await jetstreamManager(nc)).streams.info(RECORDS_STREAM)).state
  const gate = Promise.withResolvers<void>()
  const handled = new Set<number>()
  const store = async (messages: readonly { seq: number }[]) => {
    for (const { seq } of messages) handled.add(seq)
    await gate.promise
  }
  const slow = consumeBatches(nc, { ...options('given-back'), batchSize: 1 }, store)
  await until(async () => handled.size === 1 && (await pending('given-back')) === all, 'one is in work')
  const stopped = slow.stop()
  gate.resolve()
  await stopped
  const next = consumeBatches(nc, options('given-back'), store)
  t.teardown(() => next.stop())
  // At once, where otherwise the server would wait for ten seconds: but for the two that the stopped one had asked for in advance.
  await until(() => handled.size >= all - 2, 'the other has the rest')
})
