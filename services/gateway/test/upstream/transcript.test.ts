import t from 'tap'
import { eventOf } from '../../src/upstream/sse.ts'
import { Transcript } from '../../src/upstream/transcript.ts'
import { readUsage } from '../../src/upstream/usage.ts'

const frame = (delta: object, finish_reason: string | null = null, index = 0) =>
  Buffer.from(eventOf({ choices: [{ index, delta, finish_reason }] }))

t.test('text, thoughts and choices', async t => {
  const transcript = new Transcript()
  transcript.keep(frame({ reasoning_content: 'hm ' }), 'whole')
  transcript.keep(frame({ content: 'b' }, null, 1), 'whole')
  transcript.keep(frame({ content: 'a' }), 'whole')
  t.equal(transcript.isComplete(), false)
  transcript.keep(frame({}, 'stop'), 'whole')
  t.equal(transcript.isComplete(), false, 'the other choice has not ended')
  transcript.keep(frame({ refusal: '!' }, 'length', 1), 'whole')
  t.equal(transcript.isComplete(), true)
  t.same(transcript.answers(), [
    { text: 'a', toolCalls: [], finishReason: 'stop' },
    { text: 'b!', toolCalls: [], finishReason: 'length' },
  ])
  t.equal(transcript.everything(), 'hm ab!', 'thoughts are counted')
})

t.test('an endless answer does not fill the memory', async t => {
  const transcript = new Transcript()
  for (let count = 0; count < 100; count++) transcript.keep(frame({ content: 'x'.repeat(100_000) }), 'whole')
  transcript.keep(frame({}, 'length'), 'whole')
  const [answer] = transcript.answers()
  t.ok((answer?.text.length ?? 0) < 8.5 * 1024 ** 2)
  t.match(answer?.text.slice(-60), /too long to be recorded\]$/)
  t.equal(answer?.finishReason, 'length')
})

t.test('broken frames are skipped', async t => {
  const transcript = new Transcript()
  transcript.keep(Buffer.from('data: {"choices": [\n\n'), 'whole')
  transcript.keep(Buffer.from('data: {"choices": [null]}\n\n'), 'whole')
  transcript.keep(frame({ content: 'a' }), 'whole')
  t.equal(transcript.answers()[0]?.text, 'a')
  t.equal(new Transcript().isComplete(), false, 'nothing is not an answer')
})

t.test('usage as providers report it', async t => {
  t.same(readUsage({ prompt_tokens: 5, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 4 } }), {
    inputTokens: 5,
    outputTokens: 2,
    cachedTokens: 4,
    source: 'provider',
  })
  t.match(readUsage({ prompt_tokens: 5, completion_tokens: 2, prompt_cache_hit_tokens: 3 }), {
    cachedTokens: 3,
  })
  t.match(
    readUsage({ prompt_tokens: 5, completion_tokens: 2, total_tokens: 30 }),
    { outputTokens: 25 },
    'Gemini',
  )
  t.match(readUsage({ prompt_tokens: 5 }), { inputTokens: 5, outputTokens: 0 }, 'no output at all')
  const wrong = [null, {}, 'x', { prompt_tokens: '5', completion_tokens: 1 }, { prompt_tokens: 1.5 }]
  for (const usage of [...wrong, { prompt_tokens: 5, completion_tokens: 2e8 }]) {
    t.equal(readUsage(usage), null)
  }
})
