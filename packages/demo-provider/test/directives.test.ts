import type { ChatCompletion } from 'openai/resources'
import t from 'tap'
import { eventsOf, jsonOf, provide, textOfStream } from './provider.ts'

t.test('tokens sets the length, the output cap still holds', async t => {
  const { ask } = await provide(t)
  for (const tokens of [1, 40, 500]) {
    const body = await jsonOf<ChatCompletion>(await ask(`[[demo: tokens=${tokens}]]`, { stream: false }))
    t.equal(body.usage?.completion_tokens, tokens)
    t.equal(body.choices[0]?.finish_reason, 'stop')
  }
  const cut = await (await ask('[[demo: tokens=40]]', { stream: false, max_tokens: 39 })).json()
  t.match(cut, { choices: [{ finish_reason: 'length' }], usage: { completion_tokens: 39 } })
})

t.test('delay comes before the headers, first and gap between the chunks', async t => {
  const { ask } = await provide(t, { firstTokenMs: 60_000, chunkMs: 60_000 })
  const startedAt = performance.now()
  const passed = () => performance.now() - startedAt
  const response = await ask('[[demo: delay=60 first=60 gap=30 tokens=3]]')
  // Timers may fire a millisecond early.
  t.ok(passed() >= 58, 'headers')
  const reader = response.body?.getReader()
  await reader?.read()
  t.ok(passed() >= 117, 'first chunk')
  while (!(await reader?.read())?.done);
  t.ok(passed() >= 174 && passed() < 5000, 'two gaps')
})

t.test('echo answers with the messages that it received', async t => {
  const { ask } = await provide(t)
  const messages = [
    { role: 'system', content: 'Be “kind”.\n' },
    { role: 'user', content: [{ type: 'text', text: '你好 [[demo: echo=1]]' }] },
  ]
  const tools = [{ type: 'function', function: { name: 'f' } }]
  t.same(JSON.parse(textOfStream(await (await ask('', { messages, tools })).text())), messages)
})

t.test('usage can be given or left out', async t => {
  const { ask } = await provide(t)
  const whole = async (directive: string) =>
    jsonOf<ChatCompletion>(await ask(`[[demo: ${directive}]]`, { stream: false }))
  t.match((await whole('usage=123,45')).usage, {
    prompt_tokens: 123,
    completion_tokens: 45,
    total_tokens: 168,
  })
  t.notOk('usage' in (await whole('usage=none')))
  const options = { stream_options: { include_usage: true } }
  const given = eventsOf(await (await ask('[[demo: usage=123,45]]', options)).text())
  t.match(JSON.parse(given.at(-2) ?? ''), { choices: [], usage: { total_tokens: 168 } })
  const none = await (await ask('[[demo: usage=none]]', options)).text()
  t.notMatch(none, '"usage"')
})

t.test('big makes one huge frame that is one token', async t => {
  const { ask } = await provide(t)
  const stream = await (await ask('[[demo: big=100000 tokens=3]]', { max_tokens: 2 })).text()
  t.equal(eventsOf(stream).filter(event => event.length > 100_000).length, 1)
  t.equal(textOfStream(stream), `${'x'.repeat(100_000)} Hello`)
})

t.test('crlf, split and bundle change the bytes and nothing else', async t => {
  const { ask } = await provide(t)
  const question = 'Grüße 你好 👋'
  const plain = textOfStream(await (await ask(question)).text())
  const crlf = await (await ask(`${question} [[demo: crlf]]`)).text()
  t.equal(textOfStream(crlf), plain)
  t.notMatch(crlf.replaceAll('\r\n', ''), /[\r\n]/)

  const split = await ask(`${question} [[demo: split=3 tokens=20]]`)
  const pieces = await Array.fromAsync(split.body ?? [])
  t.ok(
    pieces.length > 100 && pieces.every(piece => piece.length % 3 === 0 || piece.length < 3),
    `${pieces.length}`,
  )
  t.equal(
    Buffer.concat(pieces)
      .toString()
      .match(/data: /g)?.length,
    23,
  )

  const bundle = await ask('[[demo: bundle=4 tokens=8 gap=5]]')
  const writes = await Array.fromAsync(bundle.body ?? [])
  // An opening, 8 tokens, the finish and [DONE] are 11 events.
  t.same(
    writes.map(
      write =>
        Buffer.from(write)
          .toString()
          .match(/data: /g)?.length,
    ),
    [4, 4, 3],
  )
  t.equal(textOfStream(Buffer.concat(writes).toString()).length > 0, true)
})

t.test('an unknown key or a bad value is a 400 that names it', async t => {
  const { ask } = await provide(t)
  const wrong = [
    'colour=red',
    'delay=-1',
    'delay=soon',
    'status=200',
    'hang=never',
    'usage=12',
    'split=0',
    'times=2',
  ]
  for (const word of wrong) {
    const response = await ask(`[[demo: ${word}]]`)
    t.equal(response.status, 400)
    const { error } = await jsonOf<{ error: object }>(response)
    t.match(error, { code: 'invalid_directive', message: new RegExp(word.split('=')[0] ?? '') })
  }
})

t.test('only the last message of the user directs', async t => {
  const { ask } = await provide(t)
  const messages = [
    { role: 'user', content: '[[demo: status=500]]' },
    { role: 'user', content: 'hi [[demo: tokens=2]] [[demo: gap=0]]' },
    { role: 'assistant', content: '[[demo: status=500]]' },
  ]
  t.equal(textOfStream(await (await ask('', { messages })).text()), 'Hello!')
})
