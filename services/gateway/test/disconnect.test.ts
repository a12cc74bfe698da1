import { HEADER } from '@lectern/shared/contracts/subjects.ts'
import t from 'tap'
import { startCampus, until } from './campus.ts'
import { postChat } from './http.ts'

const campus = await startCampus(t)
const { provider, staff } = campus

t.test(
  'P5: a client that leaves: the provider is stopped at once, and what it produced is charged',
  async t => {
    const leaving = new AbortController()
    const response = await postChat(campus, '[[demo: gap=20 tokens=500]]', {}, { signal: leaving.signal })
    const reader = response.body?.getReader()
    for (let chunks = 0; chunks < 5; chunks++) await reader?.read()
    const leftAt = Date.now()
    leaving.abort()
    const upstream = provider.requests.at(-1)
    await until(() => upstream?.endedAt)
    t.ok((upstream?.endedAt ?? 0) - leftAt < 200, `after ${(upstream?.endedAt ?? 0) - leftAt} ms`)
    t.equal(upstream?.aborted, true)
    const [stored] = await campus.recordsOf(1)
    t.match(stored?.record, { outcome: 'client_gone', errorCode: null, usage: { source: 'estimate' } })
    const { outputTokens = 0 } = stored?.record.usage ?? {}
    t.ok(outputTokens >= 4 && outputTokens < 40, `${outputTokens} tokens`)
    t.equal(stored?.headers[HEADER.end], 'settle')
    t.equal(stored?.headers[HEADER.charge], String(stored?.record.chargeTokens))
  },
)

t.test('P5: leaving before the first byte costs the prompt, which the provider has read', async t => {
  for (const stream of [true, false]) {
    const before = (await campus.records()).length
    const leaving = new AbortController()
    const asked = postChat(campus, '[[demo: hang=headers]]', { stream }, { signal: leaving.signal }).catch(
      () => null,
    )
    const upstream = await until(() => provider.requests.find(request => !request.endedAt) ?? null)
    leaving.abort()
    await asked
    await until(() => upstream.endedAt, 1000)
    const stored = (await campus.recordsOf(before + 1)).at(-1)?.record
    t.match(stored, { outcome: 'client_gone', usage: { outputTokens: 0, source: 'estimate' } })
    t.ok((stored?.usage.inputTokens ?? 0) > 0)
  }
})

t.test('P4: leaving before anything was sent costs nothing, and no hold is left', async t => {
  const before = (await campus.records()).length
  const sent = provider.requests.length
  const leaving = new AbortController()
  const reserving = Promise.withResolvers<void>()
  const left = Promise.withResolvers<void>()
  staff.beforeReserve = async () => {
    reserving.resolve()
    await left.promise
  }
  const asked = postChat(campus, 'hi', {}, { signal: leaving.signal }).catch(() => null)
  await reserving.promise
  leaving.abort()
  await asked
  await new Promise(resolve => setTimeout(resolve, 50))
  left.resolve()
  staff.beforeReserve = async () => {}
  const stored = (await campus.recordsOf(before + 1)).at(-1)
  t.match(stored?.record, { outcome: 'client_gone', chargeTokens: 0, usage: { source: 'none' } })
  t.equal(stored?.headers[HEADER.end], 'release')
  t.equal(provider.requests.length, sent, 'nothing went upstream')
})
