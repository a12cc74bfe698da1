import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Anthropic from '@anthropic-ai/sdk'
import t from 'tap'
import { MODEL, startCampus } from './campus.ts'
import { postChat } from './http.ts'

/** A stream whose provider thinks for long: the client hears that somebody is there. */

/** A provider that says that it is at work, and then breaks off. */
const talker = createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const timer = setInterval(() => response.write(': processing\n\n'), 20)
  setTimeout(() => response.destroy(), 250)
  response.once('close', () => clearInterval(timer))
}).listen(0, '127.0.0.1')
await once(talker, 'listening')
t.teardown(() => talker.close())
const { port: talkerPort } = talker.address() as AddressInfo

const campus = await startCampus(t, {
  env: { KEEP_ALIVE_MS: '50', FIRST_BYTE_TIMEOUT_MS: '1000' },
  providers: demo => ({
    providers: [
      ...['first', 'second'].map((name, index) => ({
        name,
        kind: 'openai',
        baseUrl: demo,
        models: [{ name: MODEL, model: 'demo-small', weight: index === 0 ? 1 : 0 }],
      })),
      {
        name: 'talker',
        kind: 'openai',
        baseUrl: `http://127.0.0.1:${talkerPort}/v1`,
        models: [{ name: 'talker' }],
      },
    ],
  }),
})
const SAID = ': keep-alive\n\n'

t.test('P7: comments until the first token, and none after it', async t => {
  const answer = await postChat(campus, '[[demo: delay=300 tokens=3 gap=120]]', { stream: true })
  const text = await answer.text()
  const comments = text.split(SAID).length - 1
  t.ok(comments >= 3, `${comments} comments`)
  t.notOk(text.replace(/^(: keep-alive\n\n)+/, '').includes(SAID), 'all of them before the answer')
  t.match(text, /data: \[DONE\]\n\n$/)
})

t.test('who answers at once gets none, nor does an answer in one piece', async t => {
  const quick = await postChat(campus, 'hi', { stream: true })
  t.notOk((await quick.text()).includes(SAID))
  const whole = await postChat(campus, '[[demo: delay=200]]', { stream: false })
  t.match(JSON.parse(await whole.text()), { choices: [{}] })
})

t.test('P5: behind the comments the next deployment is tried, with the same hold', async t => {
  const asked = campus.provider.requests.length
  const holds = campus.asked.reserve.length
  const directive = '[[demo: delay=200 status=503 id=once times=1]]'
  const text = await (await postChat(campus, directive, { stream: true })).text()
  t.ok(text.startsWith(SAID))
  t.match(text, /data: \[DONE\]\n\n$/)
  t.equal(campus.provider.requests.length - asked, 2)
  t.equal(campus.asked.reserve.length - holds, 1)
})

t.test('where nobody answers, the error is the last frame, and nothing is charged', async t => {
  const before = (await campus.records()).length
  const answer = await postChat(campus, '[[demo: delay=200 status=500]]', { stream: true })
  t.equal(answer.status, 200, 'it was sent with the first comment')
  t.match(await answer.text(), /\n\ndata: \{"error":\{.*"code":"provider_error"\}\}\n\n$/)
  const records = await campus.recordsOf(before + 1)
  t.match(records.at(-1)?.record, { outcome: 'upstream_failed', chargeTokens: 0 })
})

t.test('the official clients do not mind', async t => {
  const messages = [{ role: 'user' as const, content: '[[demo: delay=200 tokens=3]]' }]
  const chunks = []
  for await (const chunk of await campus.client.chat.completions.create({
    model: MODEL,
    messages,
    stream: true,
  })) {
    chunks.push(chunk.choices[0]?.delta.content ?? '')
  }
  t.ok(chunks.join('').length > 0)
  const anthropic = new Anthropic({ baseURL: campus.url, apiKey: campus.key, maxRetries: 0 })
  const message = await anthropic.messages.stream({ model: MODEL, max_tokens: 10, messages }).finalMessage()
  t.match(message.content, [{ type: 'text' }])
})

t.test('a provider that says nothing but comments has not answered: that costs nothing', async t => {
  const before = (await campus.records()).length
  const answer = await postChat(campus, 'hi', { model: 'talker', stream: true })
  await answer.text()
  const records = await campus.recordsOf(before + 1)
  t.match(records.at(-1)?.record, { outcome: 'upstream_failed', chargeTokens: 0, firstTokenMs: null })
})
