import t from 'tap'
import { Type } from 'typebox'
import { defineCall } from '../../src/contracts/call.ts'
import { createLog } from '../../src/log.ts'
import { connectBus } from '../../src/nats/connect.ts'
import { NobodyThereError, requester } from '../../src/nats/requester.ts'
import { createResponder } from '../../src/nats/responder.ts'
import { startTestServers } from '../../src/testing/servers.ts'

const log = createLog('test', 'silent')
const { natsUrl } = await startTestServers(t, { nats: true })
const asking = await connectBus({ url: natsUrl, service: 'asking', log })
const answering = await connectBus({ url: natsUrl, service: 'answering', log })
t.teardown(() => Promise.all([asking.close(), answering.close()]))

const Wait = defineCall('test.wait', Type.Object({}), Type.Object({ waited: Type.Boolean() }))
const wait = requester(asking, Wait, { timeoutMs: 5000 })

t.test('P11: who stops answers what was asked, and hears nothing new', async t => {
  const responder = createResponder(answering, { queue: 'test', log })
  const asked = Promise.withResolvers<void>()
  const mayAnswer = Promise.withResolvers<void>()
  responder.on(Wait, async () => {
    asked.resolve()
    await mayAnswer.promise
    return { waited: true }
  })
  await answering.flush()
  const early = wait({})
  await asked.promise
  const drained = responder.drain()
  let isDrained = false
  void drained.then(() => {
    isDrained = true
  })
  await answering.flush()
  await t.rejects(wait({}), NobodyThereError)
  t.notOk(isDrained, 'it waits for the answer')
  mayAnswer.resolve()
  t.same(await early, { waited: true })
  await drained
})

t.test('a question that names another place than an inbox for its answer is not one', async t => {
  const responder = createResponder(answering, { queue: 'test', log })
  const heard: string[] = []
  const Say = defineCall('test.say', Type.Object({ word: Type.String() }), Type.Object({}))
  responder.on(Say, async ({ word }) => {
    heard.push(word)
    return {}
  })
  await answering.flush()
  asking.publish(Say.subject, JSON.stringify({ word: 'elsewhere' }), {
    reply: '$JS.API.STREAM.PURGE.RECORDS',
  })
  asking.publish(Say.subject, JSON.stringify({ word: 'nowhere' }))
  t.same(await requester(asking, Say)({ word: 'here' }), {})
  t.same(heard, ['here'])
  await responder.drain()
})
