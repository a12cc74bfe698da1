import { join } from 'node:path'
import { jetstreamManager } from '@nats-io/jetstream'
import t from 'tap'
import { Type } from 'typebox'
import { readConfig, StreamsConfig } from '../../src/config.ts'
import { DEADLETTER_STREAM, RECORDS_STREAM } from '../../src/contracts/subjects.ts'
import { createLog } from '../../src/log.ts'
import { connectBus } from '../../src/nats/connect.ts'
import { ensureStreams } from '../../src/nats/streams.ts'
import { startTestServers } from '../../src/testing/servers.ts'

const config = join(import.meta.dirname, '..', '..', '..', '..', 'infra', 'nats.conf')
const users = ['OPS', 'GATEWAY', 'QUOTA', 'PROMPTS', 'LOGGER', 'CONSOLE']
const env = Object.fromEntries(users.map(user => [`NATS_${user}_PASSWORD`, 'secret']))

t.test('P11: services that start together on an empty bus do not stand in each other’s way', async t => {
  for (let round = 0; round < 5; round++) {
    const { natsUrl } = await startTestServers(t, { nats: { config, env } })
    const url = natsUrl.replace('nats://', 'nats://ops:secret@')
    const log = createLog('test', 'silent')
    const connections = await Promise.all([1, 2, 3, 4].map(() => connectBus({ url, service: 'test', log })))
    await Promise.all(connections.map(nc => ensureStreams(nc)))
    const [nc] = connections
    const manager = await jetstreamManager(nc as NonNullable<typeof nc>)
    t.same((await Array.fromAsync(manager.streams.names())).sort(), [DEADLETTER_STREAM, RECORDS_STREAM])
    await Promise.all(connections.map(nc => nc.close()))
  }
})

t.test('STREAM_REPLICAS is how many servers keep each stream', async t => {
  const schema = Type.Object(StreamsConfig)
  const { natsUrl } = await startTestServers(t, { nats: { config, env } })
  const url = natsUrl.replace('nats://', 'nats://ops:secret@')
  const nc = await connectBus({ url, service: 'test', log: createLog('test', 'silent') })
  t.teardown(() => nc.close())

  const three = readConfig(schema, { STREAM_REPLICAS: '3' })
  // A bus of one server cannot keep three copies: that it says so shows that it was asked for them.
  await t.rejects(ensureStreams(nc, { replicas: three.STREAM_REPLICAS }), /replicas/i)

  const usual = readConfig(schema, {})
  await ensureStreams(nc, { replicas: usual.STREAM_REPLICAS })
  const { config: made } = await (await jetstreamManager(nc)).streams.info(RECORDS_STREAM)
  t.equal(made.num_replicas, 1)
})
