import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import t from 'tap'
import { toCsv } from '../../web/src/app/csv.ts'

t.test('cells are quoted where they must be', async t => {
  t.equal(
    toCsv(['name', 'key'], [['Lovelace, "Ada"', 'ln_1']]),
    '\uFEFFname,key\r\n"Lovelace, ""Ada""",ln_1\r\n',
  )
})

t.test('nothing is a formula', async t => {
  for (const text of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1'])
    t.match(toCsv([text], []), /^\uFEFF"?'/)
})

t.test('whatever the cells are, they are read back', async t => {
  const cell = fc
    .string({ unit: 'grapheme' })
    .filter(text => !/^[=+\-@\t\r]/.test(text) && text.trim() !== '')
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1 }), rows => {
      const read = parse(toCsv(['a', 'b'], rows), { bom: true, relax_column_count: false })
      t.same(read.slice(1), rows)
    }),
    { numRuns: 100 },
  )
})
