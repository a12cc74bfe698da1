import Anthropic from '@anthropic-ai/sdk'
import { HEADER } from '@lectern/shared/contracts/subjects.ts'
import t from 'tap'
import { MODEL, startCampus } from './campus.ts'
import { eventsOf, postChat, textOfEvents } from './http.ts'

/** An answer that is given again: the same journey, without a provider. */

const campus = await startCampus(t)
const { staff, provider, asked, client } = campus

/** One question, and what became of it. */
async function ask(text: string, more: object = {}) {
  const requests = provider.requests.length
  const recorded = (await campus.records()).length
  const response = await postChat(campus, text, more)
  const body = await response.text()
  const stored = (await campus.recordsOf(recorded + 1)).at(-1)
  return {
    status: response.status,
    body,
    cache: response.headers.get('x-lectern-cache'),
    remaining: Number(response.headers.get('x-lectern-remaining-tokens')),
    reached: provider.requests.length - requests,
    record: stored?.record,
    charged: stored?.headers[HEADER.charge],
    end: stored?.headers[HEADER.end],
  }
}

t.test('a course that says nothing of it asks the provider each time', async t => {
  for (let count = 0; count < 2; count++)
    t.match(await ask('Off?'), { cache: null, reached: 1, record: { cached: false, paidBy: 'course' } })
})

t.test('P3: given again it is the same text, in any form, recorded as given again, for nothing', async t => {
  staff.answerCache = { charge: 'free', minutes: 60 }
  const first = await ask('What is a river?', { stream_options: { include_usage: true } })
  t.match(first, { cache: 'miss', reached: 1, record: { cached: false, outcome: 'completed' } })
  const text = textOfEvents(eventsOf(first.body))
  t.ok(text.length > 10)
  t.ok((first.record?.chargeTokens ?? 0) > 0)

  const reserved = asked.reserve.length
  const again = await ask('What is a river?', { stream_options: { include_usage: true } })
  t.match(again, {
    ...{ cache: 'hit', reached: 0, charged: '0', end: 'settle' },
    record: {
      cached: true,
      outcome: 'completed',
      chargeTokens: 0,
      usage: first.record?.usage,
      provider: null,
      answers: [{ text, finishReason: 'stop' }],
      promptVersion: 1,
      paidBy: 'course',
    },
  })
  t.equal(asked.reserve.length, reserved + 1, 'it was admitted like any other')
  const events = eventsOf(again.body)
  t.equal(events.at(-1), '[DONE]')
  t.equal(textOfEvents(events), text)
  t.equal(JSON.parse(events.at(-2) ?? '').usage.total_tokens, first.record?.chargeTokens)

  const plain = eventsOf((await ask('What is a river?')).body)
  t.notOk(
    plain.some(event => event.includes('usage')),
    'no usage where none was asked for',
  )
  const whole = await ask('What is a river?', { stream: false })
  t.match(whole, { cache: 'hit', reached: 0 })
  t.match(JSON.parse(whole.body), {
    object: 'chat.completion',
    choices: [{ message: { content: text }, finish_reason: 'stop' }],
    usage: { total_tokens: first.record?.chargeTokens },
  })
  t.equal(whole.remaining, 100_000, 'nothing was taken')
})

t.test('other doors to the same question give the same answer', async t => {
  const { choices } = await client.chat.completions.create({
    model: MODEL,
    messages: [{ role: 'user', content: 'What is a lake?' }],
    max_tokens: 500,
  })
  const text = choices[0]?.message.content
  const before = provider.requests.length
  const anthropic = new Anthropic({ baseURL: campus.url, apiKey: campus.key, maxRetries: 0 })
  const message = {
    model: MODEL,
    max_tokens: 500,
    messages: [{ role: 'user' as const, content: 'What is a lake?' }],
  }
  const answer = await anthropic.messages.create(message)
  t.match(answer, { stop_reason: 'end_turn', content: [{ type: 'text', text }] })
  const streamed = await anthropic.messages.stream(message).finalMessage()
  t.match(streamed, { stop_reason: 'end_turn', content: [{ type: 'text', text }] })
  t.equal(provider.requests.length, before)
})

t.test(
  'P1: where the course charges it, it costs what it cost before, and never more than is held',
  async t => {
    staff.answerCache = { charge: 'charged', minutes: 60 }
    const first = await ask('What is a sea?', { stream: false })
    const again = await ask('What is a sea?', { stream: false })
    t.match(again, {
      cache: 'hit',
      charged: first.charged,
      record: { chargeTokens: first.record?.chargeTokens },
    })
    t.equal(again.remaining, 100_000 - (first.record?.chargeTokens ?? 0))

    staff.maxOutputTokens = 3
    const lowered = await ask('What is a sea?', { stream: false })
    t.match(lowered, { cache: 'miss', reached: 1, record: { cached: false } })
    t.ok((lowered.record?.usage.outputTokens ?? 9) <= 3)
    staff.maxOutputTokens = null
    t.match(await ask('What is a sea?'), { cache: 'hit' }, 'and a shorter answer takes no longer one’s place')
  },
)

t.test('a setting that was changed is in force for the next request', async t => {
  staff.answerCache = null
  t.match(await ask('What is a sea?'), { cache: null, reached: 1 })
  staff.answerCache = { charge: 'free', minutes: 60 }
  t.match(await ask('What is a sea?'), { cache: 'hit', charged: '0' })
})

t.test('P6: rules and a new prompt are applied to it', async t => {
  staff.policy = {
    prompt: { id: 'p2', version: 2, text: 'Be brief.' },
    rules: [{ id: 'r1', kind: 'block', pattern: 'sea', message: 'Not the sea.' }],
  }
  await campus.changePrompts()
  const blocked = await ask('What is a sea?', { stream: false })
  t.match(blocked, { cache: null, reached: 0, record: { outcome: 'blocked', cached: false } })
  t.match(JSON.parse(blocked.body).choices[0], { message: { content: 'Not the sea.' } })
  t.match(await ask('What is a river?'), { cache: 'miss', reached: 1, record: { promptVersion: 2 } })
  t.match(await ask('What is a river?'), { cache: 'hit', record: { promptVersion: 2 } })
})

t.test('what broke off, or was cut at its cap, is not given again', async t => {
  for (const directive of ['cut=2 gap=20', 'error=stream']) {
    await ask(`Broken [[demo: ${directive}]]`)
    t.match(await ask(`Broken [[demo: ${directive}]]`), { cache: 'miss', reached: 1 }, directive)
  }
  await ask('Short?', { max_tokens: 2 })
  t.match(await ask('Short?', { max_tokens: 2 }), { cache: 'miss', reached: 1 })
})

t.test('each replica has its own', async t => {
  await ask('Where?')
  t.match(await ask('Where?'), { cache: 'hit' })
  const other = await campus.anotherGateway()
  const response = await postChat({ url: other.url, key: campus.key }, 'Where?')
  await response.text()
  t.equal(response.headers.get('x-lectern-cache'), 'miss')
})
