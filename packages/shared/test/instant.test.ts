import t from 'tap'
import { instantOf } from '../src/instant.ts'

t.test('an instant is read with its offset', async t => {
  t.equal(instantOf('from', '2026-11-02T08:00:00Z').getTime(), Date.UTC(2026, 10, 2, 8))
  t.equal(instantOf('from', '2026-11-02T08:00:00.250+08:00').getTime(), Date.UTC(2026, 10, 2, 0, 0, 0, 250))
})

t.test('what names no instant is refused by its field', async t => {
  for (const bad of ['2026-11-02T08:00:00', '2026-13-02T08:00:00Z', 'yesterday at eight o clock']) {
    t.throws(() => instantOf('to', bad), { code: 'invalid_request', param: 'to' }, bad)
  }
})
