import { request } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import { eventsOf, provide, until } from './provider.ts'

/**
 * Asks and reads until the end or the break. By node:http, as fetch throws away what was received but not yet read
 * when a connection breaks.
 */
function readAll(url: string, content: string, stream = true) {
  const body = JSON.stringify({ model: 'demo-small', stream, messages: [{ role: 'user', content }] })
  return new Promise<{ text: string; status?: number; error?: string }>(resolve => {
    const post = request(`${url}/v1/chat/completions`, { method: 'POST' }, response => {
      let text = ''
      const status = response.statusCode
      response.setEncoding('utf8').on('data', part => {
        text += part
      })
      response.on('end', () => resolve({ text, status }))
      response.on('error', (error: NodeJS.ErrnoException) => resolve({ text, status, error: error.code }))
    })
    post.on('error', (error: NodeJS.ErrnoException) => resolve({ text: '', error: error.code }))
    post.end(body)
  })
}

t.test('status fails with that status and Retry-After', async t => {
  const { ask } = await provide(t)
  const response = await ask('[[demo: status=429 retry-after=1]]')
  t.equal(response.status, 429)
  t.equal(response.headers.get('retry-after'), '1')
  t.match(await response.json(), { error: { code: 'rate_limit_exceeded' } })
  t.equal((await ask('[[demo: status=418]]')).status, 418)
})

t.test('times limits the faults of an id, and leaves the rest of the directive', async t => {
  const { ask } = await provide(t)
  const statuses = async (id: string) => (await ask(`[[demo: status=500 times=2 id=${id} tokens=2]]`)).status
  t.same([await statuses('a'), await statuses('a')], [500, 500])
  t.equal(await statuses('b'), 500, 'another id counts on its own')
  const healed = await ask('[[demo: status=500 times=2 id=a tokens=2]]')
  t.equal(healed.status, 200)
  t.equal(eventsOf(await healed.text()).length, 5)
})

t.test('cut breaks the connection after so many chunks', async t => {
  const { url, requests } = await provide(t)
  for (const chunks of [0, 5]) {
    const { text, status, error } = await readAll(url, `[[demo: cut=${chunks}]]`)
    t.same({ status, error }, { status: 200, error: 'ECONNRESET' })
    t.equal(eventsOf(text).length, chunks && chunks + 1, 'the opening and the tokens')
    await until(() => requests.at(-1)?.endedAt !== null)
    t.match(requests.at(-1), { chunks, aborted: false })
  }
  const late = await readAll(url, '[[demo: tokens=2 cut=9]]')
  t.equal(late.error, 'ECONNRESET', 'an answer shorter than that is cut before its end')
  t.notMatch(late.text, 'stop')
  const whole = await readAll(url, '[[demo: cut=5]]', false)
  t.match(whole, { status: 200, error: 'ECONNRESET', text: /^\{"id"/ })
})

t.test('reset breaks the connection before the headers', async t => {
  const { url, requests } = await provide(t)
  t.same(await readAll(url, '[[demo: reset]]'), { text: '', error: 'ECONNRESET' })
  await until(() => requests[0]?.endedAt !== null)
  t.match(requests[0], { status: null, aborted: false })
})

t.test('hang stops before the headers or after some chunks until the client leaves', async t => {
  const { ask, requests } = await provide(t)
  const leaving = new AbortController()
  const silent = ask('[[demo: hang=headers]]', {}, { signal: leaving.signal })
  await until(() => requests.length === 1)
  leaving.abort()
  await t.rejects(silent)
  await until(() => requests[0]?.endedAt !== null)
  t.match(requests[0], { status: null, chunks: 0, aborted: true })

  const stalled = await ask('[[demo: hang=stream after=2]]')
  const reader = stalled.body?.getReader()
  let text = ''
  while (eventsOf(text).length < 3) text += Buffer.from((await reader?.read())?.value ?? '').toString()
  await reader?.cancel()
  await until(() => requests[1]?.endedAt !== null)
  t.match(requests[1], { status: 200, chunks: 2, aborted: true })
})

t.test('error puts an error frame into a 200, and done=none leaves [DONE] out', async t => {
  const { url } = await provide(t)
  const failed = await readAll(url, '[[demo: error=stream after=1]]')
  t.same([failed.status, failed.error], [200, undefined])
  t.match(JSON.parse(eventsOf(failed.text).at(-1) ?? ''), { error: { type: 'server_error' } })
  t.equal(eventsOf(failed.text).length, 3)
  const whole = await readAll(url, '[[demo: error=stream]]', false)
  t.equal(whole.status, 200)
  t.match(JSON.parse(whole.text), { error: { type: 'server_error' } })
  const open = await readAll(url, '[[demo: done=none]]')
  t.equal(open.error, undefined)
  t.match(JSON.parse(eventsOf(open.text).at(-1) ?? ''), { choices: [{ finish_reason: 'stop' }] })
})

t.test('a client that leaves stops the production and is recorded', async t => {
  const { ask, requests } = await provide(t)
  const response = await ask('[[demo: tokens=100000 gap=2]]')
  const reader = response.body?.getReader()
  await reader?.read()
  await reader?.cancel()
  await until(() => requests[0]?.endedAt !== null)
  const produced = requests[0]?.chunks ?? 0
  t.ok(requests[0]?.aborted)
  t.ok(produced >= 1 && produced < 1000)
  await wait(10)
  t.equal(requests[0]?.chunks, produced)
})

t.test('a client that does not read stops the production too', async t => {
  const { port, requests } = await provide(t)
  const socket = connect(port, '127.0.0.1')
  const content = '[[demo: tokens=1000000]]'
  const body = JSON.stringify({ model: 'demo-small', stream: true, messages: [{ role: 'user', content }] })
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  )
  socket.pause()
  let before = -1
  // The buffers of the system are full when 50 ms bring nothing more.
  while (requests[0]?.chunks !== before || before < 1) {
    before = requests[0]?.chunks ?? 0
    await wait(50)
  }
  t.ok(before < 200_000, `${before} chunks`)
  socket.destroy()
  await until(() => requests[0]?.endedAt !== null)
  t.ok(requests[0]?.aborted)
})
