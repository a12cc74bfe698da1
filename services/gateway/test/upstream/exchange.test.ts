import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { ApiKeys } from '../../src/upstream/api-keys.ts'
import { Exchange } from '../../src/upstream/exchange.ts'
import type { UpstreamFailure } from '../../src/upstream/failure.ts'
import { openOrigin } from '../../src/upstream/origin.ts'

const provider = createServer((_, response) => void response.end('all of it, and its end'))
provider.listen(0, '127.0.0.1')
await once(provider, 'listening')
const { port } = provider.address() as AddressInfo
const timeouts = { connectMs: 5000, poolWaitMs: 5000, firstByteMs: 5000, idleMs: 5000 }
const { origin, limits, close } = openOrigin(
  {
    name: 'provider',
    kind: 'openai',
    baseUrl: `http://127.0.0.1:${port}`,
    keys: new ApiKeys([]),
    models: [],
  },
  timeouts,
)
t.teardown(async () => {
  await close()
  provider.close()
})

t.test('P3: an answer whose last bytes could not be passed on is never complete', async t => {
  const exchange = new Exchange(
    origin,
    { path: '/', headers: {}, body: '{}' },
    { ...limits, totalMs: 10_000 },
  )
  const ended = new Promise<UpstreamFailure | null>(resolve =>
    exchange.listen({
      data() {
        throw new Error('a door that fails')
      },
      end: () => resolve(null),
      fail: resolve,
    }),
  )
  t.match(await ended, { kind: 'garbled' })
  await exchange.released
})
