import t from 'tap'
import { Lag } from '../../src/plugins/pressure.ts'
import { startCampus, until } from '../campus.ts'
import { postChat } from '../http.ts'

t.test('P11: beyond its limit the gateway asks to come back, and health is still answered', async t => {
  const campus = await startCampus(t, { env: { MAX_OPEN_REQUESTS: '2' } })
  const running = await Promise.all([1, 2].map(() => postChat(campus, '[[demo: gap=40 tokens=20]]')))
  const refused = await postChat(campus, 'hi')
  t.equal(refused.status, 503)
  t.match(await refused.json(), { error: { code: 'overloaded' } })
  t.equal(refused.headers.get('retry-after'), '2')
  t.equal((await fetch(`${campus.url}/healthz`)).status, 200)
  for (const response of running) await response.text()
  await until(async () => (await postChat(campus, 'hi')).status === 200)
})

t.test('P11: one stall of the process refuses nobody, lag that lasts does until it has ended', async t => {
  const lag = new Lag(1000)
  const after = (delayMs: number) => {
    lag.learn(delayMs)
    return lag.isLasting
  }
  t.same([1900, 2, 1200, 1200, 3].map(after), [false, false, false, false, false])
  t.same([1200, 1200, 1200, 5000, 1000].map(after), [false, false, true, true, false])
})

t.test('P11: all of a provider’s connections busy: a wait, then a clear answer', async t => {
  const campus = await startCampus(t, {
    env: { POOL_WAIT_MS: '200' },
    providers: demo => ({
      providers: [
        {
          name: 'demo',
          kind: 'openai',
          baseUrl: demo,
          limits: { connections: 1 },
          models: [{ name: 'lectern-demo', model: 'demo-small' }],
        },
      ],
    }),
  })
  const long = await postChat(campus, '[[demo: gap=50 tokens=20]]')
  const short = await postChat(campus, 'hi')
  t.match(await short.json(), { error: { code: 'overloaded' } })
  const waiting = postChat(campus, 'hi', {}, {})
  await long.text()
  t.ok([200, 503].includes((await waiting).status))
  t.equal((await postChat(campus, 'hi')).status, 200, 'the place is given back')
})
