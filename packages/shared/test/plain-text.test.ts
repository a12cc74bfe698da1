import t from 'tap'
import { refuseUnstorable } from '../src/plain-text.ts'

t.test('what Postgres cannot store is refused wherever it stands', async t => {
  const refused = (param: string) => ({ code: 'invalid_request', param })
  t.throws(() => refuseUnstorable({ a: [{ b: 'x' }, { b: 'x\0' }] }), refused('a[1].b'))
  t.throws(() => refuseUnstorable({ a: ['x', '\ud800'] }), refused('a[1]'))
  t.throws(() => refuseUnstorable({ a: { 'x\0': 1 } }), refused('a'))
  t.throws(() => refuseUnstorable({ a: { '\udc00': 1 } }), refused('a'))
  t.doesNotThrow(() => refuseUnstorable({ a: [1, null, true, 'x', '😀'] }))
})
