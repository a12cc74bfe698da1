import { join } from 'node:path'
import { jetstreamManager } from '@nats-io/jetstream'
import t from 'tap'
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
