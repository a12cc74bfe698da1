import t from 'tap'
import { plainOf, turnsOf } from '../../web/src/pages/conversations/transcript.ts'
import { isMarked } from '../../web/src/parts/markdown/marked.ts'

const answer = (text: string, toolCalls: unknown[] = []) => ({ text, toolCalls, finishReason: 'stop' })

t.test('a chat is put together from what its client sent and what was answered', async t => {
  const turns = turnsOf({
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'One?' },
      { role: 'assistant', content: 'One.' },
      { role: 'user', content: [{ type: 'text', text: 'Two?' }] },
    ],
    answers: [answer('Two.')],
  })
  t.same(
    turns.map(({ role, earlier, parts }) => [role, earlier, ...parts.map(({ text }) => text)]),
    [
      ['system', true, 'Be brief.'],
      ['student', true, 'One?'],
      ['model', true, 'One.'],
      ['student', false, 'Two?'],
      ['model', false, 'Two.'],
    ],
  )
})

t.test('tools are asked for and answer after the question that they belong to', async t => {
  const call = { id: 'c1', type: 'function', function: { name: 'add', arguments: '{"a":1}' } }
  const turns = turnsOf({
    messages: [
      { role: 'user', content: 'Add.' },
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: 'c1', content: '2' },
    ],
    answers: [answer('', [{ function: { name: 'say', arguments: 'no json' } }])],
  })
  t.same(
    turns.map(({ role, earlier }) => [role, earlier]),
    [
      ['student', false],
      ['model', false],
      ['tool', false],
      ['model', false],
    ],
  )
  t.same(turns[1]?.parts, [{ kind: 'call', name: 'add', text: '{\n  "a": 1\n}' }])
  t.same(turns[3]?.parts, [{ kind: 'call', name: 'say', text: 'no json' }])
})

t.test('pictures and files are named, and whatever else came is shown as data', async t => {
  const [turn] = turnsOf({
    messages: [
      {
        role: 'user',
        content: [
          { type: 'image_url', image_url: { url: 'data:image/png;base64,[9 characters]' } },
          { type: 'file', file: { filename: 'a.pdf', file_data: '[9 characters]' } },
          { type: 'input_audio', input_audio: { format: 'wav', data: '[9 characters]' } },
          { type: 'refusal', refusal: 'No.' },
          { strange: true },
          null,
        ],
      },
    ],
    answers: [],
  })
  t.same(
    turn?.parts.map(({ kind }) => kind),
    ['file', 'file', 'file', 'text', 'data', 'data'],
  )
  for (const message of [null, 7, 'x', [], {}, { role: 'user', content: {} }]) {
    t.doesNotThrow(() => turnsOf({ messages: [message], answers: [] }))
  }
})

t.test('a text is taken for markdown where it marks code', async t => {
  t.ok(isMarked('See:\n```python\nx\n```'))
  t.notOk(isMarked('# a comment of Python, not a heading\nfor i in x:\n    `no`'))
})

t.test('one line of an answer has no marks of its form', async t => {
  t.equal(
    plainOf('## Title\n\n**bold** and `code`\n| a | b |\n|---|---|\n```py\nx = 1\n```'),
    'Title bold and code a b x = 1',
  )
  t.equal(plainOf('a - b > c -- d'), 'a - b c d')
})
