import fc from 'fast-check'
import t from 'tap'
import { composeAnswer } from '../src/answer.ts'
import { readChatRequest } from '../src/request.ts'
import { countPrompt, tokensOf } from '../src/tokens.ts'

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.lorem(),
  fc.constant('  \n'),
)

t.test('tokens join to the text, and are never more than its bytes', async () => {
  const whole = fc.property(text, value => {
    const tokens = tokensOf(value)
    return tokens.join('') === value && tokens.length <= Buffer.byteLength(value)
  })
  fc.assert(whole, { numRuns: 300 })
})

t.test('tokens are words, signs, and single characters of scripts without spaces', async t => {
  t.same(tokensOf('Hello, wörld 42!\n'), ['Hello', ',', ' wörld', ' 42', '!', '\n'])
  t.same(tokensOf('什么是递归? ok'), ['什', '么', '是', '递', '归', '?', ' ok'])
})

t.test('a prompt is bounded by the bytes of its messages and tools', async () => {
  const message = fc.record({
    role: fc.constant('user'),
    content: text,
    name: fc.option(text, { nil: undefined }),
  })
  const tool = fc.record({ function: fc.record({ name: text, description: text, parameters: fc.object() }) })
  const bounded = fc.property(fc.array(message, { minLength: 1 }), fc.array(tool), (messages, offered) => {
    const tools = offered.length > 0 ? offered : undefined
    const request = readChatRequest({ model: 'm', messages, tools }, ['m'])
    const bytes = messages.reduce((sum, { content }) => sum + Buffer.byteLength(content) + 4, 3)
    return countPrompt(request) <= bytes + (tools ? Buffer.byteLength(JSON.stringify(tools)) : 0)
  })
  fc.assert(bounded, { numRuns: 100 })
})

t.test('an answer never has more tokens than its cap, whatever it is', async () => {
  const fields = fc.record({
    max_tokens: fc.integer({ min: 1, max: 60 }),
    tools: fc.constantFrom(undefined, [{ type: 'function', function: { name: 'f' } }]),
    response_format: fc.constantFrom(undefined, { type: 'json_object' }),
  })
  const directive = fc.record({
    tokens: fc.constantFrom(undefined, 1, 200),
    big: fc.constantFrom(undefined, 1000),
    echo: fc.boolean(),
  })
  const capped = fc.property(fields, directive, text, (given, directed, content) => {
    const body = { model: 'm', messages: [{ role: 'user', content }], ...given }
    const { tokens } = composeAnswer(readChatRequest(body, ['m']), directed)
    return tokens.length >= 1 && tokens.length <= given.max_tokens
  })
  fc.assert(capped)
})
