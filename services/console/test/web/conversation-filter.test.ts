import t from 'tap'
import { exportAddress } from '../../web/src/pages/conversations/export-address.ts'
import { readFilter, setOf, toQuery } from '../../web/src/pages/conversations/filter.ts'

t.test('an address is read back as it was written, and what it does not know is left out', async t => {
  const filter = {
    q: '梯度',
    student: 's1',
    week: 3,
    model: 'large',
    rule: 'r1',
    outcome: 'blocked' as const,
    flagged: true as const,
    from: '2026-11-02',
    to: '2026-11-08',
  }
  t.same(readFilter(filter), filter)
  t.same(readFilter({ student: 4711 }), { student: '4711' }, 'the router has made a number of it')
  const wrong = {
    week: 'x',
    outcome: 'no',
    flagged: 'yes',
    from: '2 Nov',
    to: '2026-13-40',
    other: 1,
    q: ' ',
  }
  t.same(readFilter(wrong), {})
  t.same(setOf(filter).length, 8, 'what is searched for is no filter')
})

t.test('days are those of the course, both included', async t => {
  t.same(toQuery({ from: '2026-11-02', to: '2026-11-08' }, 'Asia/Shanghai'), {
    from: '2026-11-01T16:00:00.000Z',
    to: '2026-11-08T16:00:00.000Z',
  })
})

t.test('a file has the same conversations as the list', async t => {
  const course = { id: 'ml-26', timezone: 'UTC' }
  const how = { format: 'csv' as const, pseudonymise: true }
  const address = new URL(exportAddress(course, { q: 'a&b', week: 3, to: '2026-11-08' }, how), 'http://x')
  t.equal(address.pathname, '/api/courses/ml-26/conversations/export')
  t.same(Object.fromEntries(address.searchParams), {
    q: 'a&b',
    week: '3',
    to: '2026-11-09T00:00:00.000Z',
    format: 'csv',
    pseudonymise: 'true',
  })
})
