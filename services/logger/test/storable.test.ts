import fc from 'fast-check'
import t from 'tap'
import { storableJson, storableText } from '../src/storable.ts'

t.test('what Postgres cannot store becomes U+FFFD, wherever it stands', async t => {
  const storable = (value: unknown) => JSON.parse(storableJson(value).json)
  t.same(storable(['a\0b', '\0\0', '\\\0', '\n\0']), ['a\ufffdb', '\ufffd\ufffd', '\\\ufffd', '\n\ufffd'])
  t.same(storable({ 'k\0': { deep: ['\ud83d', '\ude00x', '😀'] } }), {
    'k\ufffd': { deep: ['\ufffd', '\ufffdx', '😀'] },
  })
})

t.test('what only looks like it stays as it is', async t => {
  for (const text of ['\\u0000', '\\\\u0000', '\\ud83d', 'u0000', '\\\\\\ud800', '\ufffd']) {
    t.same(storableJson(text), { json: JSON.stringify(text), replaced: false }, text)
  }
})

t.test('whatever the text, JSON and plain text are made storable alike', async t => {
  const character = fc.constantFrom('\\', 'u', '0000', 'd800', '\0', '\ud800', '\udc00', '😀', '"', '\n')
  fc.assert(
    fc.property(fc.array(character), characters => {
      const text = characters.join('')
      const expected = storableText(text)
      t.equal(JSON.parse(storableJson([text]).json)[0], expected)
      return expected.isWellFormed() && !expected.includes('\0')
    }),
  )
})
