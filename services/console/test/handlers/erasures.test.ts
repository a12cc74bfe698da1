import { randomUUIDv7 } from 'node:crypto'
import type { Conversation, Erasure } from '@lectern/shared/contracts/conversations.ts'
import t from 'tap'
import { COURSE, until } from '../lectern.ts'
import { record, startLectern } from '../real-services.ts'

const { api, operator } = await startLectern(t)
await api('POST /api/courses', COURSE)
await api('POST /api/courses/ml-26/students', [{ id: 's1', name: 'Ada', email: 'ada@example.edu' }])

t.test('one student is erased, with a proof that can be had again', async t => {
  const id = randomUUIDv7()
  await record(operator, {
    id,
    courseId: 'ml-26',
    studentId: 's1',
    week: 1,
    chargeTokens: 40,
    question: 'q',
    answer: 'a',
  })
  await until(
    () => api(`GET /api/conversations/${id}`),
    ({ status }) => status === 200,
  )
  const proof = await api<Erasure>('POST /api/students/s1/erase', { reason: 'they asked for it' })
  t.match(proof, {
    status: 200,
    body: { student: 's1', actor: 'token', records: 1, digest: /^[0-9a-f]{64}$/ },
  })
  t.match((await api<Conversation>(`GET /api/conversations/${id}`)).body, {
    messages: [],
    erased: true,
    chargeTokens: 40,
  })
  t.match((await api<{ items: Erasure[] }>('GET /api/students/s1/erasures')).body, { items: [proof.body] })
  t.equal((await api('POST /api/students/s9/erase', { reason: 'typing error' })).status, 404)
  t.equal((await api('POST /api/students/s1/erase', {})).status, 400, 'a reason is asked for')
})
