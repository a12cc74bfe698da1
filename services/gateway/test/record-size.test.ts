import type { ConversationRecord } from '@lectern/shared/contracts/records.ts'
import t from 'tap'
import { fitRecord, withoutInlineData } from '../src/record-size.ts'

const record = (messages: unknown[], text = '') =>
  ({
    id: 'r',
    messages,
    parameters: {},
    answers: [{ text, toolCalls: [], finishReason: null }],
  }) as unknown as ConversationRecord

t.test('what fits stays as it is', async t => {
  const small = record([{ role: 'user', content: 'hi' }], 'hello')
  t.same(JSON.parse(fitRecord(small, 1000).toString()), small)
})

t.test('long texts are shortened with a mark, as far as needed', async t => {
  const long = record([{ role: 'user', content: 'x'.repeat(500_000) }], 'y'.repeat(100))
  const bytes = fitRecord(long, 100_000)
  t.ok(bytes.length <= 100_000)
  const kept = JSON.parse(bytes.toString())
  t.match(kept.messages[0].content, /^x{65536}…\[434464 characters omitted\]$/)
  t.equal(kept.answers[0].text.length, 100)
})

t.test('token ids are kept as far as a text would be', async t => {
  const token_ids = Array.from({ length: 100_000 }, (_, id) => id)
  const bytes = fitRecord(record([{ role: 'user', content: [{ type: 'token_ids', token_ids }] }]), 100_000)
  t.ok(bytes.length <= 100_000)
  const [{ content }] = JSON.parse(bytes.toString()).messages
  t.same(content[0].token_ids.slice(0, 8192), token_ids.slice(0, 8192))
  t.same(content[0].token_ids.slice(8192), ['…[91808 numbers omitted]'])
})

t.test('too many messages: the first and the last ones stay', async t => {
  const many = record(
    Array.from({ length: 9000 }, (_, index) => ({ role: 'user', content: `message ${index}` })),
  )
  const bytes = fitRecord(many, 50_000)
  t.ok(bytes.length <= 50_000)
  const { messages } = JSON.parse(bytes.toString())
  t.equal(messages[0].content, 'message 0')
  t.equal(messages.at(-1).content, 'message 8999')
  t.match(JSON.stringify(messages), /8975 messages omitted/)
})

t.test('inline data becomes its length and hash', async t => {
  const data = 'A'.repeat(5000)
  t.match(withoutInlineData({ input_audio: { data, format: 'wav' } }), {
    input_audio: { data: /^\[5000 .*sha256 / },
  })
  t.match(withoutInlineData([{ url: `data:image/png;base64,${data}` }]), [
    { url: /^data:image\/png;base64,\[5022 / },
  ])
  t.same(withoutInlineData({ url: 'data:,short', text: data }), { url: 'data:,short', text: data })
})
