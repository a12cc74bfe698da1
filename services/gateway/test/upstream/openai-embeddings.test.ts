import t from 'tap'
import { readEmbeddings } from '../../src/upstream/providers/openai-embeddings.ts'

const VECTOR = { object: 'embedding', index: 0, embedding: [0.5, -0.25] }

function usageOf(more: object) {
  const bytes = Buffer.from(JSON.stringify({ object: 'list', data: [VECTOR], ...more }))
  const read = readEmbeddings(bytes)
  t.equal(read.bytes, bytes, 'passed on as it came')
  t.same(read.answers, [])
  return read.usage
}

t.test('the usage of embeddings is that of their texts, wherever it stands', async t => {
  const counted = (inputTokens: number) => ({
    inputTokens,
    outputTokens: 0,
    cachedTokens: 0,
    source: 'provider',
  })
  t.same(usageOf({ usage: { prompt_tokens: 7, total_tokens: 7 } }), counted(7))
  t.same(usageOf({ usage: { prompt_tokens: 7, total_tokens: 9 }, id: 'x' }), counted(7), 'nothing is written')
  t.same(usageOf({ usage: { total_tokens: 5 } }), counted(5), 'some name the total alone')
  t.same(usageOf({ usage: { prompt_tokens: 3, prompt_tokens_details: { image_tokens: 0 } } }), counted(3))
  t.equal(usageOf({}), null)
  t.equal(usageOf({ usage: null }), null)
  t.equal(usageOf({ usage: { prompt_tokens: -1 } }), null)
  const before = Buffer.from(JSON.stringify({ usage: { prompt_tokens: 2 }, data: [VECTOR] }))
  t.same(readEmbeddings(before).usage, counted(2))
})

t.test('what has no vectors is no answer', async t => {
  const failureOf = (text: string) => {
    try {
      readEmbeddings(Buffer.from(text))
      return null
    } catch (error) {
      return error
    }
  }
  t.match(failureOf('{"error":{"message":"too many sk-12345678"}}'), {
    kind: 'garbled',
    message: /too many \[red/,
  })
  for (const text of ['', '<html>', '{"data":[]}', '[]', `{"data":"${'x'.repeat(100_000)}"}`]) {
    t.match(failureOf(text), { kind: 'garbled', message: 'the answer has no embeddings' }, text.slice(0, 20))
  }
})
