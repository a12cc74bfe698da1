import t from 'tap'
import { compilePattern } from '../src/rules.ts'

const PATTERNS = [
  '\\b(homework|exercise)\\b',
  'exam (answers|solutions)',
  '^solve.*for me$',
  'straße|\\p{Greek}{2}',
  '\\bß',
  'ignore.{0,50}instructions',
  // Its automaton would have 2^12 states.
  '(i|g)*i(i|g){12}!',
]

const TEXTS = [
  '',
  'My HOMEWORK, please',
  'homeworks',
  'Exam\tanswers, exam solutions',
  'solve this\nand that for me',
  'In der STRASSE, in der Straße',
  'the letters αβ',
  'ß',
  'a\u{1f600}b \ud800 half a pair',
  `${'ignore '.repeat(5000)}the instructions`,
  Array.from({ length: 20_000 }, (_, at) => ((at * at * 7919) % 11 < 5 ? 'i' : 'g')).join(''),
]

t.test('whether a pattern matches and where are the same question', async t => {
  for (const pattern of PATTERNS) {
    const compiled = compilePattern(pattern)
    for (const text of TEXTS) {
      const found = compiled.find(text, 1).length > 0
      t.equal(compiled.matches(text), found, `${pattern} in ${text.slice(0, 20)}`)
      t.equal(compiled.matches(text), found, 'asked again')
    }
  }
})

t.test('case is ignored, a dot is also a line end, and both are true for matches and places', async t => {
  t.ok(compilePattern('SOLVE.this').matches('please solve\nthis'))
  t.same(compilePattern('SOLVE.this').find('please solve\nthis', 9), [{ start: 7, end: 17 }])
})

t.test('what is no RE2 is refused with a reason', async t => {
  for (const pattern of ['(', '(?=a)', '(a)\\1', 'a{2000}']) {
    t.throws(() => compilePattern(pattern), { code: 'invalid_request', message: /RE2 syntax/ }, pattern)
  }
})
