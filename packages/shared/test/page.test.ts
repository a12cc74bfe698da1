import t from 'tap'
import { Type } from 'typebox'
import { cursorReader, toCursor, toPage } from '../src/page.ts'

const items = (count: number, text = '') => Array.from({ length: count }, (_, id) => ({ id, text }))
const cursorOf = ({ id }: { id: number }) => toCursor([id])

t.test('a page has at most `limit` items, and a cursor only where more follow', async t => {
  t.same(toPage(items(3), 3, cursorOf), { items: items(3), next: null })
  t.same(toPage(items(4), 3, cursorOf), { items: items(3), next: toCursor([2]) })
  t.same(toPage([], 3, cursorOf), { items: [], next: null })
})

t.test('a page ends where one message of the bus would be full, but is never empty', async t => {
  const page = toPage(items(10, 'x'.repeat(200_000)), 9, cursorOf)
  t.equal(page.items.length, 2)
  t.equal(page.next, toCursor([1]))
  const [huge] = items(1, 'x'.repeat(2_000_000))
  t.equal(toPage(huge ? [huge, huge] : [], 9, cursorOf).items.length, 1)
})

t.test('a cursor is read back; what is none is refused', async t => {
  const read = cursorReader(Type.Tuple([Type.Integer(), Type.String()]))
  t.same(read(toCursor([7, 'id'])), [7, 'id'])
  for (const bad of ['', 'garbage', toCursor(['7', 'id']), toCursor([7])]) {
    t.throws(() => read(bad), { code: 'invalid_request', param: 'cursor' })
  }
})
