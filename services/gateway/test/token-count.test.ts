import { countPrompt } from '@lectern/demo-provider/tokens.ts'
import fc from 'fast-check'
import { countTokens as countCl100k } from 'gpt-tokenizer/encoding/cl100k_base'
import { countTokens as countO200k } from 'gpt-tokenizer/encoding/o200k_base'
import t from 'tap'
import { boundOfPrompt, countable } from '../src/bound.ts'
import type { ChatBody } from '../src/chat.ts'
import { boundTokens, type Vocabulary } from '../src/token-count.ts'

const plain = { disallowedSpecial: new Set<string>() }
const costs = { imageTokens: 4000, templateTokens: 24 }

const pick = (...choices: string[]) => fc.constantFrom(...choices)
const joined = (unit: fc.Arbitrary<string>, maxLength: number) =>
  fc.array(unit, { maxLength }).map(units => units.join(''))
const han = fc.integer({ min: 0x4e00, max: 0x9fff }).map(code => String.fromCodePoint(code))
const code = pick(
  'for (let i = 0; ',
  'i++) {\n    ',
  'x[i] += 0x1F3a;',
  '\t\treturn\r\n',
  '/**/ ',
  'snake_case_name',
  '=>',
)

/** What students send, and what nobody should. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.string({ unit: 'grapheme', maxLength: 200 }),
  fc.lorem({ maxCount: 30 }),
  joined(fc.oneof(han, pick('，', '的', '是', 'ありがとう', '안녕하세요')), 150),
  joined(pick('👩‍👩‍👧‍👦', '🏳️‍🌈', '😀', '\u0301', '\u200d'), 80),
  joined(code, 60),
  joined(pick('\0', '\u001b[31m', '\n', '\r\n', ' ', '\t', '\u0085', '\u2028'), 300),
  joined(
    fc.integer({ min: 0xd800, max: 0xdfff }).map(unit => String.fromCharCode(unit)),
    50,
  ),
  fc
    .tuple(
      pick('x', 'ab', 'é', '字', '!', '/\n', '8', ' ', 'ﷺ', '<|endoftext|>'),
      fc.integer({ min: 1, max: 900 }),
    )
    .map(([unit, times]) => unit.repeat(times)),
  joined(fc.oneof(fc.string({ maxLength: 40 }), han, code, pick('ß', 'Ж', 'ก', 'ع', '١')), 40),
)

function exact(body: ChatBody, system: string | null, vocabularies: Vocabulary[]): number {
  const { texts, fixedTokens } = countable(body, system, costs)
  return fixedTokens + boundTokens(texts, vocabularies)
}

const chat = fc.record({
  system: fc.option(text),
  messages: fc.array(
    fc.record(
      {
        role: pick('user', 'assistant', 'system', 'tool'),
        content: fc.oneof(
          text,
          fc.array(
            text.map(part => ({ type: 'text', text: part })),
            { maxLength: 3 },
          ),
          fc.constant(null),
        ),
        name: fc.string({ maxLength: 20 }),
        tool_calls: fc.constant([
          { id: 'c', type: 'function', function: { name: 'f', arguments: '{"a":"b\\n"}' } },
        ]),
      },
      { requiredKeys: ['role', 'content'] },
    ),
    { minLength: 1, maxLength: 4 },
  ),
  tools: fc.option(
    fc.array(
      fc.tuple(text, fc.jsonValue()).map(([description, parameters]) => ({
        type: 'function',
        function: { name: 'look_up', description, parameters },
      })),
      { minLength: 1, maxLength: 2 },
    ),
    { nil: undefined },
  ),
})

t.test(
  'P1: what is counted is never below the vocabulary’s own count, and never above the bytes',
  async t => {
    fc.assert(
      fc.property(text, content => {
        const bytes = Buffer.byteLength(content)
        const o200k = boundTokens([content], ['o200k'])
        const cl100k = boundTokens([content], ['cl100k'])
        return (
          o200k >= Math.min(countO200k(content, plain), bytes) &&
          cl100k >= Math.min(countCl100k(content, plain), bytes) &&
          Math.max(o200k, cl100k) <= bytes
        )
      }),
      { numRuns: 800 },
    )
    t.pass()
  },
)

t.test('P1: for every prompt: what a provider reports <= bytes, and counted <= bytes', async t => {
  fc.assert(
    fc.property(chat, ({ system, ...given }) => {
      const body = { model: 'm', ...given } as ChatBody
      const sent = system === null ? given.messages : [{ role: 'system', content: system }, ...given.messages]
      const reported = countPrompt({ ...given, messages: sent } as Parameters<typeof countPrompt>[0])
      const bytes = boundOfPrompt(body, system, costs)
      return Math.max(reported, exact(body, system, ['o200k', 'cl100k'])) <= bytes
    }),
    { numRuns: 500 },
  )
  t.pass()
})

t.test('everything that the model reads is counted', async t => {
  const bodyOf = (message: object, more: object = {}) =>
    ({ model: 'm', messages: [{ role: 'user', ...message }], ...more }) as ChatBody
  const words = 'these are some words that the model gets to read '.repeat(10)
  const none = exact(bodyOf({ content: '' }), null, ['o200k'])
  const least = none + countO200k(words, plain)
  t.ok(exact(bodyOf({ content: words }), null, ['o200k']) >= least)
  t.ok(exact(bodyOf({ content: '' }), words, ['o200k']) >= least, 'the staff’s prompt')
  t.ok(exact(bodyOf({ content: [{ type: 'text', text: words }] }), null, ['o200k']) >= least)
  t.ok(exact(bodyOf({ content: [{ type: 'unheard_of', it: words }] }), null, ['o200k']) >= least)
  t.ok(exact(bodyOf({ content: '', reasoning_content: words }), null, ['o200k']) >= least)
  const tools = [{ type: 'function', function: { name: 'f', description: words } }]
  t.ok(exact(bodyOf({ content: '' }, { tools }), null, ['o200k']) >= least + 400)
  const response_format = { type: 'json_schema', json_schema: { name: 'n', schema: { description: words } } }
  t.ok(exact(bodyOf({ content: '' }, { response_format }), null, ['o200k']) >= least)
  const url = `data:image/png;base64,${'A'.repeat(100_000)}`
  const image = exact(bodyOf({ content: [{ type: 'image_url', image_url: { url } }] }), null, ['o200k'])
  t.ok(image >= 4000 && image < 4100, 'an image has its bound')
})

t.test('the worst of texts takes a time in proportion to its length', async t => {
  const noise = (from: number, to: number) => {
    let seed = 1
    return Array.from({ length: 65_536 }, (_, at) => {
      seed = (seed * 48_271) % 2_147_483_647
      return at % 128 === 0 ? ' ' : String.fromCharCode(from + (seed % (to - from)))
    }).join('')
  }
  for (const long of [
    noise(0x4e00, 0x9fff),
    noise(97, 123),
    noise(0x2200, 0x2300),
    `!${'/\n'.repeat(32_768)}`,
    'x'.repeat(65_536),
  ]) {
    const before = process.cpuUsage()
    t.ok(boundTokens([long], ['o200k']) <= Buffer.byteLength(long))
    // Of the processor: the machine may be busy.
    const tookMs = process.cpuUsage(before).user / 1000
    // Merged as one piece each takes 3 s and more.
    t.ok(tookMs < 1500, `${Math.round(tookMs)} ms`)
  }
})
