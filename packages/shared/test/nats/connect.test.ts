import t from 'tap'
import { createLog } from '../../src/log.ts'
import { connectBus, isConnected, leaveBus } from '../../src/nats/connect.ts'
import { startTestServers } from '../../src/testing/servers.ts'

const log = createLog('test', 'silent')

t.test('who leaves is heard to the last word', async t => {
  const { natsUrl } = await startTestServers(t, { nats: true })
  const listening = await connectBus({ url: natsUrl, service: 'listening', log })
  t.teardown(() => listening.close())
  let heard = 0
  const subscription = listening.subscribe('words', { callback: () => void heard++ })
  await listening.flush()
  const speaking = await connectBus({ url: natsUrl, service: 'speaking', log })
  // More than the buffers of a socket take at once.
  for (let word = 0; word < 200; word++) speaking.publish('words', Buffer.alloc(100_000))
  await leaveBus(speaking)
  await subscription.drain()
  t.equal(heard, 200)
})

t.test('P11: who leaves while the bus is away does not wait for it, and has not failed', async t => {
  const { natsUrl, nats } = await startTestServers(t, { nats: true })
  const nc = await connectBus({ url: natsUrl, service: 'test', log })
  nc.subscribe('words', { callback: () => undefined })
  const lost = (async () => {
    for await (const { type } of nc.status()) if (type === 'disconnect') return
  })()
  await nats.stop()
  await lost
  // It is told to everybody who listens, one after the other.
  while (isConnected(nc)) await new Promise(resolve => setImmediate(resolve))
  await t.resolves(leaveBus(nc))
  t.ok(nc.isClosed())
})
