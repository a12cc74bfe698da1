import t from 'tap'
import { MODEL, startCampus, until } from '../campus.ts'
import { postChat } from '../http.ts'

const CONNECTIONS = 5

const campus = await startCampus(t, {
  env: { FIRST_BYTE_TIMEOUT_MS: '400', IDLE_TIMEOUT_MS: '100', POOL_WAIT_MS: '30000' },
  providers: demo => ({
    providers: [
      {
        name: 'demo',
        kind: 'openai',
        baseUrl: demo,
        limits: { connections: CONNECTIONS },
        models: [{ name: MODEL, model: 'demo-small' }],
      },
    ],
  }),
})

const FAULTS = [
  'tokens=3',
  'reset',
  'status=500',
  'status=400',
  'hang=headers',
  'hang=stream after=2',
  'cut=0',
  'cut=2',
  'error=stream',
  'done=none',
  'leave gap=20 tokens=100',
  'leave delay=50',
]

t.test('P4 P11: whatever happens, each connection and each hold is given back', async t => {
  t.setTimeout(60_000)
  let next = 0
  const worker = async () => {
    while (next < 240) {
      const number = next++
      const fault = FAULTS[number % FAULTS.length] ?? ''
      const leaving = new AbortController()
      if (fault.startsWith('leave')) setTimeout(() => leaving.abort(), 10 + (number % 40))
      const directive = `[[demo: ${fault.replace('leave ', '')}]]`
      await postChat(campus, directive, { stream: number % 24 < 12 }, { signal: leaving.signal })
        .then(response => response.text())
        .catch(() => null)
    }
  }
  await Promise.all(Array.from({ length: 20 }, worker))
  await until(() => campus.provider.requests.every(request => request.endedAt !== null))
  const admitted = campus.asked.reserve.length
  const records = await campus.recordsOf(admitted)
  t.equal(records.length, admitted, 'each reservation has one record')
  t.equal(new Set(records.map(({ record }) => record.id)).size, admitted)

  const responses = Promise.all(
    Array.from({ length: CONNECTIONS }, () => postChat(campus, '[[demo: hold=all]]', { stream: false })),
  )
  // All are held at once only if all connections are free.
  await until(() => campus.provider.control.held('all') === CONNECTIONS, 350)
  campus.provider.control.release('all')
  t.same(
    (await responses).map(response => response.status),
    Array(CONNECTIONS).fill(200),
  )
})
