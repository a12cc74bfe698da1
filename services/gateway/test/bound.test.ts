import fc from 'fast-check'
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import t from 'tap'
import { boundOfPrompt } from '../src/bound.ts'
import type { ChatBody } from '../src/chat.ts'

const body = (messages: object[], more: object = {}) => ({ model: 'm', messages, ...more }) as ChatBody
const costs = (imageTokens = 0) => ({ imageTokens, templateTokens: 24 })
const text = (content: string) => body([{ role: 'user', content }])

t.test('P1: the bound is never below a tokenizer’s count', async t => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), content => {
      // OpenAI counts three tokens around each message, and three for the answer.
      return boundOfPrompt(text(content), null, costs()) >= countTokens(content) + 3 + 3
    }),
    { numRuns: 500 },
  )
  t.pass()
})

t.test('everything that the model reads counts, in bytes', async t => {
  const plain = boundOfPrompt(text('abc'), null, costs())
  t.equal(boundOfPrompt(text('äöü'), null, costs()), plain + 3, 'UTF-8')
  t.equal(boundOfPrompt(text('abc'), 'x'.repeat(100), costs()), plain + 100 + 12, 'the staff’s prompt')
  t.ok(boundOfPrompt(body([{ role: 'user', content: 'abc', name: 'ada' }]), null, costs()) >= plain + 3)
  const tools = [{ type: 'function', function: { name: 'f', description: 'd'.repeat(50) } }]
  t.ok(boundOfPrompt(body([{ role: 'user', content: 'abc' }], { tools }), null, costs()) > plain + 450)
  const call = { id: 'c', type: 'function', function: { name: 'f', arguments: 'a'.repeat(80) } }
  t.ok(boundOfPrompt(body([{ role: 'assistant', content: null, tool_calls: [call] }]), null, costs()) > 80)
})

t.test('pictures and sound have bounds of their own', async t => {
  const part = (entry: object) => body([{ role: 'user', content: [entry] }])
  const none = boundOfPrompt(part({ type: 'text', text: '' }), null, costs())
  const url = `data:image/png;base64,${'A'.repeat(1_000_000)}`
  const image = boundOfPrompt(part({ type: 'image_url', image_url: { url } }), null, costs(4000))
  t.ok(image >= 4000 && image < 4000 + none)
  const sound = { type: 'input_audio', input_audio: { data: 'A'.repeat(64_000), format: 'mp3' } }
  const bound = boundOfPrompt(part(sound), null, costs())
  t.ok(bound >= 1000 && bound < 1000 + none + 100)
  t.ok(
    boundOfPrompt(part({ type: 'unheard_of', it: 'x'.repeat(5000) }), null, costs()) > 5000,
    'unknown: its bytes',
  )
})
