import fc from 'fast-check'
import t from 'tap'
import { piecesOf } from '../../web/src/pages/rules/marks.ts'

t.test('marks that touch, overlap and lie within each other mark each character once', async t => {
  const pieces = piecesOf('abcdefgh', [
    { start: 4, end: 6 },
    { start: 1, end: 3 },
    { start: 2, end: 5 },
    { start: 2, end: 3 },
  ])
  t.same(
    pieces.map(({ text, marked }) => (marked ? `[${text}]` : text)),
    ['a', '[bc]', '[de]', '[f]', 'gh'],
  )
  t.same(piecesOf('', []), [])
})

t.test('whatever is marked, the text stays whole, and just its places are marked', async t => {
  const place = fc
    .tuple(fc.nat(20), fc.nat(20))
    .map(([a, b]) => ({ start: Math.min(a, b), end: Math.max(a, b) }))
  fc.assert(
    fc.property(fc.string({ minLength: 20, maxLength: 20 }), fc.array(place), (text, places) => {
      const pieces = piecesOf(text, places)
      t.equal(pieces.map(piece => piece.text).join(''), text)
      const marked = pieces.flatMap(piece => piece.text.split('').map(() => piece.marked))
      t.same(
        marked,
        text.split('').map((_, at) => places.some(({ start, end }) => start <= at && at < end)),
      )
    }),
    { numRuns: 200 },
  )
})
