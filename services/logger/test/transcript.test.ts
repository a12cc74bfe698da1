import { questionOf } from '@lectern/shared/message-text.ts'
import t from 'tap'
import { excerptOf, foldText, searchTextOf } from '../src/transcript.ts'

t.test('the question is the text of the newest message of the student', async t => {
  const user = (content: unknown) => ({ role: 'user', content })
  t.equal(questionOf([user('old'), { role: 'assistant', content: 'no' }, user('new')]), 'new')
  t.equal(questionOf([user('asked'), { role: 'tool', content: 'a result' }]), 'asked')
  const parts = [
    { type: 'text', text: 'look' },
    { type: 'image_url', image_url: {} },
    { type: 'text', text: 'here' },
  ]
  t.equal(questionOf([user(parts)]), 'look\nhere')
  for (const odd of [[], [{}], ['text'], [null], [user(null)], [user(7)], [user([null, 7, { text: 7 }])]]) {
    t.equal(questionOf(odd), '', JSON.stringify(odd))
  }
})

t.test('an excerpt is the beginning, cut between characters', async t => {
  t.equal(excerptOf('  short'), 'short')
  t.equal(excerptOf('字'.repeat(1000)), '字'.repeat(200))
  t.equal(excerptOf('😀'.repeat(1000)), '😀'.repeat(200))
  t.equal(excerptOf(`a${'😀'.repeat(1000)}`), `a${'😀'.repeat(199)}`)
})

t.test('folding ignores case and compatibility forms in every script', async t => {
  for (const [a, b] of [
    ['Straße', 'STRASSE'],
    ['ΟΔΟΣ', 'οδος'],
    ['οδοσ', 'οδος'],
    ['Ёлка', 'ёлка'],
    ['ＡＢＣ１２３', 'abc123'],
    ['caf\u00e9', 'CAFE\u0301'],
    ['函数', '函数'],
  ] as const) {
    t.equal(foldText(a), foldText(b), `${a} = ${b}`)
  }
})

t.test('nothing is found across the end of one text and the beginning of the next', async t => {
  const answer = (text: string) => ({ text, toolCalls: [], finishReason: 'stop' })
  const text = searchTextOf({
    messages: [{ role: 'user', content: 'question' }],
    answers: [answer('first'), answer('second')],
  })
  for (const part of ['QUESTION', 'FIRST', 'SECOND']) t.ok(text.includes(part))
  t.notOk(text.includes('QUESTIONFIRST') || text.includes('QUESTION\nFIRST'))
})
