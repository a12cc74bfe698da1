import { LedgerEntry } from '@lectern/shared/contracts/budget.ts'
import t from 'tap'
import { Value } from 'typebox/value'
import { COURSE, startConsole } from '../lectern.ts'
import { startQuotaStandIn } from '../stand-in.ts'

const { servers, api } = await startConsole(t)
const kept = await startQuotaStandIn(t, servers.natsUrl)
await api('POST /api/courses', COURSE)
await api('POST /api/courses/ml-26/students', [
  { id: 's1', name: 'Ada', email: 'a@b' },
  { id: 's2', name: 'Alan', email: 'c@d' },
])
const GRANT = { week: 2, tokens: 500, reason: 'project work' }

t.test('a grant and a correction, with who and why', async t => {
  const { status, body } = await api<LedgerEntry>('POST /api/students/s1/grants', GRANT)
  t.equal(status, 201)
  t.ok(Value.Check(LedgerEntry, body))
  t.match(body, { ...GRANT, kind: 'grant', studentId: 's1', actor: 'token' })
  t.match(await api('POST /api/students/s1/grants', { ...GRANT, tokens: -200 }), {
    status: 201,
    body: { tokens: -200 },
  })
  t.equal((await api('POST /api/students/s1/grants', { ...GRANT, reason: '' })).status, 400)
  t.equal((await api('POST /api/students/s1/grants', { ...GRANT, week: 0 })).status, 400)
})

t.test('P2: a grant repeated with its Idempotency-Key is one grant', async t => {
  const before = kept.entries.size
  const again = { 'idempotency-key': 'import-7-line-3' }
  const answers = await Promise.all([1, 2, 3].map(() => api('POST /api/students/s1/grants', GRANT, again)))
  for (const { status } of answers) t.equal(status, 201)
  t.equal(kept.entries.size, before + 1)
  const other = await api('POST /api/students/s2/grants', GRANT, again)
  t.match(other, { status: 409, body: { error: { code: 'conflict', param: 'Idempotency-Key' } } })
  t.equal(
    (await api('POST /api/students/s1/grants', GRANT, { 'idempotency-key': 'x'.repeat(65) })).status,
    400,
  )
})
