import t from 'tap'
import { Type } from 'typebox'
import { defineCall } from '../../src/contracts/call.ts'
import { LecternError } from '../../src/errors.ts'
import { createLog } from '../../src/log.ts'
import { connectBus, isConnected } from '../../src/nats/connect.ts'
import { askingTwice, NoAnswerError, NobodyThereError, requester } from '../../src/nats/requester.ts'
import { createResponder } from '../../src/nats/responder.ts'
import { startTestServers } from '../../src/testing/servers.ts'

const log = createLog('test', 'silent')
const servers = await startTestServers(t, { nats: true })
const asking = await connectBus({ url: servers.natsUrl, service: 'asking', log })
const answering = await connectBus({ url: servers.natsUrl, service: 'answering', log })
t.teardown(() => Promise.all([asking.close(), answering.close()]))

const Double = defineCall(
  'test.double',
  Type.Object({ n: Type.Integer() }),
  Type.Object({ n: Type.Integer() }),
)
/** So many replicas take the question and die. */
let dying = 0
const responder = createResponder(answering, { queue: 'test', log })
responder.on(Double, async ({ n }) => {
  if (n === 13) throw new LecternError('conflict', { message: 'not this one', retryAfterMs: 7 })
  if (n === 500) throw new Error('secret detail')
  if (n === 99) await new Promise(() => undefined)
  if (n === 7 && dying-- > 0) await new Promise(() => undefined)
  return { n: n * 2 }
})
await answering.flush()
const double = requester(asking, Double, { timeoutMs: 300 })

t.test('an answer', async t => t.same(await double({ n: 21 }), { n: 42 }))

t.test('the error that the responder chose arrives as it was', async t => {
  const error = await double({ n: 13 }).catch(error => error)
  t.match(error, { code: 'conflict', message: 'not this one', retryAfterMs: 7 })
})

t.test('any other failure arrives without its detail', async t => {
  const error = await double({ n: 500 }).catch(error => error)
  t.equal(error.code, 'internal_error')
  t.notMatch(error.message, /secret/)
})

t.test('both ends hold to the contract', async t => {
  const error = await double({ n: 'one' as unknown as number }).catch(error => error)
  t.match(error, { code: 'invalid_request', param: 'n' })
})

t.test('P11: nobody there is known at once, no answer after the time', async t => {
  const Nobody = defineCall('test.nobody', Type.Object({}), Type.Object({}))
  await t.rejects(requester(asking, Nobody)({}), NobodyThereError)
  await t.rejects(double({ n: 99 }), NoAnswerError)
})

t.test('P11: a question that a replica took into its grave is asked of the next one, once', async t => {
  const twice = askingTwice(double)
  dying = 1
  t.same(await twice({ n: 7 }), { n: 14 })
  dying = 2
  await t.rejects(twice({ n: 7 }), NoAnswerError)
  dying = 1
  await t.rejects(double({ n: 7 }), NoAnswerError)
  await t.rejects(twice({ n: 13 }), { code: 'conflict' }, 'an answer is one, whatever it says')
})

t.test('P11: a bus that is away fails requests at once, and serves again by itself', async t => {
  await servers.nats.stop()
  while (isConnected(asking)) await new Promise(resolve => setTimeout(resolve, 10))
  await t.rejects(double({ n: 1 }), NobodyThereError)
  await servers.nats.start()
  let answer: unknown
  for (let tries = 0; tries < 100 && !answer; tries++) {
    answer = await double({ n: 2 }).catch(() => undefined)
    if (!answer) await new Promise(resolve => setTimeout(resolve, 50))
  }
  t.same(answer, { n: 4 })
})
