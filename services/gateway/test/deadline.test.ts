import t from 'tap'
import { MODEL, startCampus } from './campus.ts'
import { postChat } from './http.ts'

/** One deadline for all tries: the first one leaves time for the next. */

const TOTAL_MS = 1500
const entry = (name: string, baseUrl: string, weight: number) => ({
  name,
  kind: 'openai',
  baseUrl,
  models: [{ name: MODEL, model: 'demo-small', weight }],
})
const campus = await startCampus(t, {
  env: { TOTAL_TIMEOUT_MS: String(TOTAL_MS), FIRST_BYTE_TIMEOUT_MS: '60000' },
  providers: demo => ({ providers: [entry('first', demo, 1), entry('second', demo, 0)] }),
})

t.test('P5: a provider that hangs does not use up the time of the one that answers', async t => {
  for (const stream of [true, false]) {
    const before = campus.asked.reserve.length
    const startedAt = performance.now()
    const answer = await postChat(campus, `[[demo: hang=headers id=once-${stream} times=1]]`, { stream })
    await answer.text()
    t.equal(answer.status, 200)
    t.ok(performance.now() - startedAt < TOTAL_MS)
    t.match((await campus.records()).at(-1)?.record, { outcome: 'completed', provider: 'second' })
    t.equal(campus.asked.reserve.length - before, 1, 'one hold')
  }
})

t.test('where all hang, the answer comes when the time is over', async t => {
  const startedAt = performance.now()
  const answer = await postChat(campus, '[[demo: hang=headers]]', { stream: false })
  t.equal(answer.status, 504)
  const tookMs = performance.now() - startedAt
  t.ok(tookMs > TOTAL_MS * 0.9 && tookMs < TOTAL_MS * 2, `${Math.round(tookMs)} ms`)
})
