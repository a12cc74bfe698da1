import t from 'tap'
import { jsonOf, provide, textOfStream, until } from './provider.ts'

t.test('directs the next requests, then all others', async t => {
  const { ask, send } = await provide(t)
  await send('POST', '/control', { directive: { tokens: 2 } })
  const state = await send('POST', '/control', { directive: { status: 503, 'retry-after': 2 }, times: 2 })
  t.match(await state.json(), { directive: { tokens: 2 }, next: { directive: { status: 503 }, times: 2 } })
  t.same([(await ask('a')).status, (await ask('b')).status], [503, 503])
  t.equal(textOfStream(await (await ask('c')).text()), 'Hello!')
  const own = await ask('d [[demo: tokens=1]]')
  t.equal(textOfStream(await own.text()), 'Hello', 'the message itself has the last word')
  await send('DELETE', '/control')
  t.match(textOfStream(await (await ask('e')).text()), /demo provider/)
})

t.test('refuses what it does not understand', async t => {
  const { send } = await provide(t)
  const wrong = [
    { directive: { colour: 1 } },
    { directive: 'x' },
    { times: -1 },
    { keys: 'k' },
    { time: 1 },
    [],
    undefined,
  ]
  for (const body of wrong) {
    const response = await send('POST', '/control', body)
    t.equal(response.status, 400)
    t.match(await response.json(), { error: { message: String } })
  }
  t.equal((await send('POST', '/control/release', {})).status, 400)
})

t.test('checks keys once it was told which', async t => {
  const { ask, send, requests } = await provide(t)
  t.equal((await ask('a')).status, 200)
  await send('POST', '/control', { keys: ['sk-good'] })
  const refused = await ask('b', {}, { headers: { authorization: 'Bearer sk-bad' } })
  t.equal(refused.status, 401)
  t.match(await refused.json(), { error: { code: 'invalid_api_key' } })
  t.equal((await ask('c', {}, { headers: { authorization: 'Bearer sk-good' } })).status, 200)
  t.equal((await send('GET', '/v1/models')).status, 401)
  await send('POST', '/control', { keys: null })
  t.equal((await ask('d')).status, 200)
  t.equal(requests.length, 5)
})

t.test('holds answers until they are released', async t => {
  const { ask, send, control, requests } = await provide(t)
  const order: string[] = []
  const held = [1, 2, 3].map(() => ask('[[demo: hold=race tokens=1]]').then(() => order.push('answered')))
  const leaving = new AbortController()
  const left = ask('[[demo: hold=race]]', {}, { signal: leaving.signal })
  const other = ask('[[demo: hold=other status=500]]')
  await until(() => control.held('race') === 4)
  t.match(await (await send('GET', '/control')).json(), { held: { race: 4, other: 1 } })
  leaving.abort()
  await t.rejects(left)
  await until(() => control.held('race') === 3)
  order.push('released')
  t.same(await (await send('POST', '/control/release', { name: 'race' })).json(), { released: 3 })
  await Promise.all(held)
  t.same(order, ['released', 'answered', 'answered', 'answered'])
  await send('DELETE', '/control')
  t.equal((await other).status, 500, 'a reset releases what is left')
  t.equal(requests.filter(request => request.aborted).length, 1)
})

t.test('shows and forgets the recorded requests', async t => {
  const { ask, send } = await provide(t)
  await (await ask('hi [[demo: tokens=2]]', {}, { headers: { traceparent: '00-aa-bb-01' } })).text()
  const shown = await jsonOf<{ requests: object[] }>(await send('GET', '/control/requests'))
  t.equal(shown.requests.length, 1)
  t.match(shown.requests[0], { headers: { traceparent: '00-aa-bb-01' }, body: { stream: true }, chunks: 2 })
  await send('DELETE', '/control/requests')
  t.same(await (await send('GET', '/control/requests')).json(), { requests: [] })
})
