import type { Usage } from '@lectern/shared/contracts/records.ts'
import t from 'tap'
import type { Admission } from '../src/admission.ts'
import { type CacheableRequest, createAnswerCache } from '../src/answer-cache.ts'
import type { ChatBody } from '../src/chat.ts'
import type { Ending } from '../src/outcome.ts'

/** Which questions are the same, and which answers are given again. The journey is in `answer-again.test.ts`. */

const MINUTE_MS = 60_000
const USAGE: Usage = { inputTokens: 20, outputTokens: 5, cachedTokens: 0, source: 'provider' }
const ONE_FOR_ONE = { input: 1000, cachedInput: 1000, output: 1000 }

function requestOf(body: object = {}, admission: object = {}, verdict: object = {}): CacheableRequest {
  return {
    operation: 'chat',
    body: { model: 'm', messages: [{ role: 'user', content: 'Why?' }], ...body } as ChatBody,
    admission: {
      courseId: 'c',
      answerCache: { charge: 'free', minutes: 10 },
      weights: ONE_FOR_ONE,
      tokensHeld: 100,
      maxOutputTokens: 50,
      verdict: {
        system: 'Be kind.',
        blockedWith: null,
        hits: [],
        prompt: { id: 'p1', version: 1, text: 'Be kind.' },
        ...verdict,
      },
      ...admission,
    } as unknown as Admission,
  }
}

const endingOf = (change: object = {}, answer: object = {}) =>
  ({
    outcome: 'completed',
    deployment: {},
    error: null,
    answers: [{ text: 'Because.', toolCalls: [], finishReason: 'stop', ...answer }],
    ...change,
  }) as unknown as Ending

function startCache(mostBytes = 1024 ** 2) {
  const clock = { nowMs: 1000 }
  const cache = createAnswerCache(mostBytes, () => clock.nowMs)
  const keep = (request = requestOf(), ending = endingOf(), usage = USAGE) =>
    cache.lookUp(request)?.keep(ending, usage)
  const isHit = (request = requestOf()) => cache.lookUp(request)?.found != null
  return { cache, clock, keep, isHit }
}

t.test('the same question has the same answer, however it is to be sent', async t => {
  const { cache, keep, isHit } = startCache()
  t.notOk(isHit())
  keep(requestOf({ temperature: 0, seed: 1 }))
  t.notOk(isHit())
  for (const same of [{}, { stream: true, stream_options: { include_usage: true } }, { user: 'x' }])
    t.ok(isHit(requestOf({ temperature: 0, seed: 1, ...same })))
  t.ok(isHit(requestOf({ seed: 1, temperature: 0 })), 'the order of fields says nothing')
  t.same(cache.lookUp(requestOf({ temperature: 0, seed: 1 }))?.found, {
    answer: { text: 'Because.', finishReason: 'stop' },
    usage: USAGE,
    charge: 'free',
  })
})

t.test('P6: another course, model, prompt, guide or field is another question', async t => {
  const { keep, isHit } = startCache()
  keep()
  t.ok(isHit())
  for (const [what, other] of Object.entries({
    course: requestOf({}, { courseId: 'd' }),
    model: requestOf({ model: 'n' }),
    prompt: requestOf({}, {}, { prompt: { id: 'p2', version: 2, text: 'Be kind.' } }),
    guide: requestOf({}, {}, { system: 'Be kind.\n\nAsk first.' }),
    'no prompt': requestOf({}, {}, { system: null, prompt: null }),
    temperature: requestOf({ temperature: 0.1 }),
    cap: requestOf({ max_tokens: 5 }),
    role: requestOf({ messages: [{ role: 'system', content: 'Why?' }] }),
    history: requestOf({
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'user', content: 'Why?' },
      ],
    }),
    name: requestOf({ messages: [{ role: 'user', content: 'Why?', name: 'ada' }] }),
  }))
    t.notOk(isHit(other), what)
})

t.test('what may be answered otherwise the next time is never kept', async t => {
  const { cache } = startCache()
  const text = (content: unknown, more: object = {}) => ({ messages: [{ role: 'user', content, ...more }] })
  t.ok(cache.lookUp(requestOf(text([{ type: 'text', text: 'Why?' }]))))
  for (const [what, request] of Object.entries({
    'several answers': requestOf({ n: 2 }),
    tools: requestOf({ tools: [] }),
    functions: requestOf({ functions: [] }),
    'a search': requestOf({ web_search_options: {} }),
    'an unknown field': requestOf({ a_field_of_tomorrow: 1 }),
    logprobs: requestOf({ logprobs: true }),
    sound: requestOf({ modalities: ['text', 'audio'] }),
    'an image': requestOf(text([{ type: 'image_url', image_url: { url: 'https://x' } }])),
    'the result of a tool': requestOf({ messages: [{ role: 'tool', content: '1', tool_call_id: 'a' }] }),
    'a call of a tool': requestOf(text('', { tool_calls: [] })),
    'a long question': requestOf(text('x'.repeat(200_000))),
    embeddings: { ...requestOf(), operation: 'embeddings' as const },
    'cache off': requestOf({}, { answerCache: undefined }),
    'a student who pays': requestOf({}, { ownKey: { provider: 'p', sealed: 'v1.x' } }),
    'a blocked question': requestOf({}, {}, { blockedWith: 'No.' }),
  }))
    t.equal(cache.lookUp(request), null, what)
  t.equal(createAnswerCache(0).lookUp(requestOf()), null, 'no room, no cache')
})

t.test('only a complete answer of a provider is kept', async t => {
  const { keep, isHit } = startCache()
  for (const [what, ending] of Object.entries({
    'the client left': endingOf({ outcome: 'client_gone' }),
    'it broke off': endingOf({ outcome: 'upstream_cut' }),
    'an error': endingOf({ error: new Error('x') }),
    'cut at its cap': endingOf({}, { finishReason: 'length' }),
    filtered: endingOf({}, { finishReason: 'content_filter' }),
    'without end': endingOf({}, { finishReason: null }),
    'a call': endingOf({}, { toolCalls: [{}] }),
    empty: endingOf({}, { text: '' }),
    huge: endingOf({}, { text: 'x'.repeat(2 * 1024 ** 2) }),
    'given again': endingOf({ deployment: null }),
    none: endingOf({ answers: [] }),
  })) {
    keep(requestOf(), ending)
    t.notOk(isHit(), what)
  }
  keep()
  t.ok(isHit())
})

t.test('P1: an answer that the hold does not pay for is asked anew', async t => {
  const { keep, isHit } = startCache()
  keep()
  t.ok(isHit(requestOf({}, { tokensHeld: 25, maxOutputTokens: 5 })))
  t.notOk(isHit(requestOf({}, { tokensHeld: 24 })), 'fewer tokens held than it costs')
  t.notOk(isHit(requestOf({}, { maxOutputTokens: 4 })), 'a lowered cap')
  t.notOk(isHit(requestOf({}, { weights: { ...ONE_FOR_ONE, output: 17_000 } })), 'dearer by now')
})

t.test('it is forgotten when the course says so, and by the time that holds now', async t => {
  const { clock, keep, isHit } = startCache()
  const shorter = requestOf({}, { answerCache: { charge: 'charged', minutes: 1 } })
  keep()
  clock.nowMs += 9 * MINUTE_MS
  t.ok(isHit())
  t.notOk(isHit(shorter), 'a time that was shortened since')
  clock.nowMs += 2 * MINUTE_MS
  t.notOk(isHit())
})

t.test('those that were not asked for longest make room', async t => {
  const { keep, isHit } = startCache(10 * (600 + 2 * 1000))
  const question = (at: number) => requestOf({ seed: at })
  const long = endingOf({}, { text: 'x'.repeat(1000) })
  for (let at = 0; at < 10; at++) keep(question(at), long)
  t.ok(isHit(question(0)))
  keep(question(10), long)
  t.ok(isHit(question(0)), 'just asked for')
  t.notOk(isHit(question(1)))
  t.ok(isHit(question(10)))
  for (let at = 11; at < 500; at++) keep(question(at), long)
  const hits = Array.from({ length: 500 }, (_, at) => isHit(question(at))).filter(Boolean).length
  t.equal(hits, 10)
})
