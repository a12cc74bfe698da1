import t from 'tap'
import { findJsonFault } from '../src/json-fault.ts'

const FAULTS: [text: string, line: number, column: number, found: string][] = [
  ['nope', 1, 1, 'unexpected "n"'],
  ['{"a":1,}', 1, 8, 'unexpected "}"'],
  ['{"a":1\n "b":2}', 2, 2, 'unexpected "\\""'],
  ['[1,\n 2,\n]', 3, 1, 'unexpected "]"'],
  ["{'a':1}", 1, 2, `unexpected "'"`],
  ['{"a" 1}', 1, 6, 'unexpected "1"'],
  ['{"a":"b\nc"}', 1, 8, 'unexpected line break'],
  ['{"a":"\\x"}', 1, 7, 'unexpected "\\\\"'],
  ['{"a":', 1, 6, 'the text ends too early'],
  ['{"a":"b', 1, 8, 'the text ends too early'],
  ['[1] 2', 1, 5, 'unexpected "2"'],
  ['[01]', 1, 3, 'unexpected "1"'],
  ['{"a":{"b":[]}}}', 1, 15, 'unexpected "}"'],
  ['[“x”]', 1, 2, 'unexpected "“"'],
]

t.test('the first character that cannot be JSON is named by line and column', async t => {
  for (const [text, line, column, found] of FAULTS) {
    t.throws(() => JSON.parse(text), text)
    t.same(findJsonFault(text), { line, column, found }, text)
  }
})

t.test('what JSON allows is no fault: the fault behind it is found', async t => {
  const valid = '{"a":[1,-2.5e+3,true,false,null,"\\u00e9\\n\u007f"],"b":{},"c":[[],{}]}'
  t.doesNotThrow(() => JSON.parse(valid))
  t.same(findJsonFault(`${valid} !`), { line: 1, column: valid.length + 2, found: 'unexpected "!"' })
})
