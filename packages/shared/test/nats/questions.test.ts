import { join } from 'node:path'
import t from 'tap'
import { Type } from 'typebox'
import { defineCall } from '../../src/contracts/call.ts'
import { createLog } from '../../src/log.ts'
import { connectBus } from '../../src/nats/connect.ts'
import { NoAnswerError, NobodyThereError, requester } from '../../src/nats/requester.ts'
import { startTestServers } from '../../src/testing/servers.ts'

const log = createLog('test', 'silent')
const config = join(import.meta.dirname, '..', '..', '..', '..', 'infra', 'nats.conf')
const names = ['gateway', 'quota', 'prompts', 'logger', 'console', 'ops']
const env = Object.fromEntries(names.map(name => [`NATS_${name.toUpperCase()}_PASSWORD`, 'secret']))
const servers = await startTestServers(t, { nats: { config, env } })

/** Longer than the test may take: who waits for it has not heard the refusal. */
const options = { timeoutMs: 120_000 }
const call = (subject: string) => defineCall(subject, Type.Object({}), Type.Object({}))

async function connectAs(user: string, service: string) {
  const url = servers.natsUrl.replace('nats://', `nats://${user}:secret@`)
  const nc = await connectBus({ url, service, log })
  t.teardown(() => nc.close())
  return nc
}

t.test('P11: a question that its service must not ask is refused at once, and no other with it', async t => {
  const nc = await connectAs('gateway', 'gateway')
  const others = await connectAs('quota', 'quota')
  others.subscribe('quota.balance', {
    callback: (_, message) => void message.respond(JSON.stringify({ ok: true, data: {} })),
  })
  await others.flush()
  const allowed = requester(nc, call('quota.balance'), options)({})
  await t.rejects(requester(nc, call('conversations.list'), options)({}), NobodyThereError)
  t.same(await allowed, {})
})

t.test('P11: who must not hear answers is told so at once, each time', async t => {
  const nc = await connectAs('gateway', 'quota')
  const ask = requester(nc, call('quota.balance'), options)
  await t.rejects(ask({}), NoAnswerError, 'it may have been heard')
  await t.rejects(ask({}), NoAnswerError)
})
