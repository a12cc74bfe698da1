import { readFile } from 'node:fs/promises'
import { HEADER } from '@lectern/shared/contracts/subjects.ts'
import t from 'tap'
import { MODEL, startCampus } from './campus.ts'

const campus = await startCampus(t)
const { client, provider, key } = campus

t.test('P3: a stream arrives, and its record is durable before its end', async t => {
  const { data: stream, response } = await client.chat.completions
    .create({ model: MODEL, messages: [{ role: 'user', content: 'Hello' }], stream: true })
    .withResponse()
  let text = ''
  for await (const chunk of stream) {
    t.notOk(chunk.usage, 'a usage frame that was not asked for is not forwarded')
    text += chunk.choices[0]?.delta.content ?? ''
  }
  t.match(text, /Lectern’s demo provider/)
  const [stored] = await campus.records()
  const id = response.headers.get('x-request-id')
  t.match(stored?.record, {
    id,
    outcome: 'completed',
    stream: true,
    week: 3,
    provider: 'demo',
    chargeTokens: Number,
  })
  t.equal(stored?.record.answers[0]?.text, text)
  t.equal(stored?.record.answers[0]?.finishReason, 'stop')
  t.equal(stored?.record.usage.source, 'provider')
  t.equal(stored?.headers[HEADER.charge], String(stored?.record.chargeTokens))
  t.equal(stored?.headers[HEADER.end], 'settle')
  t.equal(stored?.headers['Nats-Msg-Id'], id)
  t.equal(response.headers.get('x-lectern-week'), '3')
  t.equal(response.headers.get('x-accel-buffering'), 'no')
  t.notOk(await readFile(campus.spoolDir).catch(() => null))
})

t.test('an answer in one piece', async t => {
  const { data, response } = await client.chat.completions
    .create({ model: MODEL, messages: [{ role: 'user', content: 'Hello' }] })
    .withResponse()
  t.match(data.choices[0]?.message.content, /Lectern’s demo provider/)
  const stored = (await campus.records()).at(-1)
  t.equal(stored?.record.chargeTokens, data.usage?.total_tokens)
  const remaining = Number(response.headers.get('x-lectern-remaining-tokens'))
  t.equal(remaining, 100_000 - (data.usage?.total_tokens ?? 0), 'remaining after the charge')
  t.not(provider.requests.at(-1)?.headers.authorization, `Bearer ${key}`)
})
