import type { Conversation } from '@lectern/shared/contracts/conversations.ts'
import fc from 'fast-check'
import t from 'tap'
import { createPseudonymiser, type Known } from '../src/pseudonymise.ts'

const student = (id: string, name: string, email = ''): Known => ({ id, name, email, pseudonym: `<${id}>` })
const ROSTER = [
  student('ada-1815', 'Ada Lovelace', 'Ada.L@example.edu'),
  student('s2', 'Will Mark', 'will@example.edu'),
  student('s3', '王小明'),
  student('s4', '欧阳 娜娜'),
  student('s5', 'Ada Lovelace-Byron'),
  student('s6', '高峰'),
  student('s7', 'Madonna'),
]

/** One text of a student's conversation without the names. */
function cleaned(text: string, studentId = 's2'): string {
  const record = { studentId, traceId: 't', parameters: {}, answers: [], messages: [{ content: text }] }
  const [message] = createPseudonymiser(ROSTER)(record as unknown as Conversation).messages
  return (message as { content: string }).content
}

t.test('names in both orders, e-mails and ids of the roster go, in any case', async t => {
  const cases: [string, string][] = [
    ['I am ADA lovelace.', 'I am <ada-1815>.'],
    ['Lovelace, Ada (ada.l@EXAMPLE.edu)', '<ada-1815> (<ada-1815>)'],
    ['Ada Lovelace-Byron and Ada Lovelaces', '<s5> and Ada Lovelaces'],
    ['x=ada-1815;', 'x=<ada-1815>;'],
    ['我是王小明，欧阳娜娜的同学', '我是<s3>，<s4>的同学'],
    ['在高峰期', '在<s6>期'],
    ['Ask Madonna!', 'Ask <s7>!'],
    ['for s2 in range(3)', 'for s2 in range(3)'],
    ['Ada is a language; mark it', 'Ada is a language; <s2> it'],
    ['', ''],
  ]
  for (const [text, wanted] of cases) t.equal(cleaned(text), wanted)
})

t.test("of the writer's own name every part goes, of the others' only the whole", async t => {
  t.equal(cleaned('Thanks, Will', 's2'), 'Thanks, <s2>')
  t.equal(cleaned('Will it rain?', 's3'), 'Will it rain?')
  t.equal(cleaned('我叫小明', 's3'), '我叫<s3>')
})

t.test('who it is goes from every field, whatever is nested', async t => {
  const record = {
    ...{ id: 'r', studentId: 'ada-1815', traceId: 'trace' },
    parameters: { user: 'ada', metadata: { mail: 'x' }, stop: ['Ada Lovelace'], temperature: 1 },
    answers: [
      { text: 'Hello Ada!', toolCalls: [{ arguments: '{"to":"ada.l@example.edu"}' }], finishReason: null },
    ],
    messages: [{ role: 'user', content: [{ type: 'text', text: 'Ada here' }] }, null, 3],
  }
  t.same(createPseudonymiser(ROSTER)(record as unknown as Conversation), {
    ...{ id: 'r', studentId: '<ada-1815>', traceId: null },
    parameters: { stop: ['<ada-1815>'], temperature: 1 },
    answers: [
      { text: 'Hello <ada-1815>!', toolCalls: [{ arguments: '{"to":"<ada-1815>"}' }], finishReason: null },
    ],
    messages: [{ role: 'user', content: [{ type: 'text', text: '<ada-1815> here' }] }, null, 3],
  })
})

t.test('no whole name is left in any text', async () => {
  const names = ROSTER.map(({ name }) => name)
  const piece = fc.oneof(fc.constantFrom(...names), fc.string({ unit: 'grapheme', maxLength: 8 }))
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), pieces => {
      const left = cleaned(pieces.join(' '))
      return !names.some(name => new RegExp(`(?<![\\p{L}\\p{N}])${name}(?![\\p{L}\\p{N}])`, 'iu').test(left))
    }),
    { numRuns: 300 },
  )
})
