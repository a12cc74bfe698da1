import { setTimeout as delay } from 'node:timers/promises'
import { PROMPTS_CHANGED } from '@lectern/shared/contracts/subjects.ts'
import t from 'tap'
import { startPrompts } from './prompts.ts'

async function until<T>(what: string, ask: () => Promise<T | undefined | false>): Promise<T> {
  for (const giveUpAt = performance.now() + 15_000; performance.now() < giveUpAt; await delay(50)) {
    const found = await ask().catch(() => undefined)
    if (found) return found
  }
  throw new Error(`did not happen: ${what}`)
}

// Every question goes to the database, so that the test sees at once what an outage does.
const { servers, nc, publish, resolve } = await startPrompts(t, { env: { CACHE_TTL_MS: '0' } })
// A change is announced twice; what the second one drops could not be read again during the outage.
const announcements = nc.subscribe(PROMPTS_CHANGED, { max: 2, callback: () => undefined })
await nc.flush()
const { version } = await publish({ courseId: 'known', fromWeek: 1, toWeek: 9, text: 'known' })
await announcements.closed
await resolve({ courseId: 'known', week: 1 })

t.test(
  'P11: while Postgres is down what is known is answered, the rest is refused in clear words',
  async t => {
    await servers.postgres.stop()
    t.match(await resolve({ courseId: 'known', week: 1 }), { prompt: { version } })
    t.match(
      await resolve({ courseId: 'known', week: 2 }),
      { prompt: { version } },
      'a week nobody asked for yet',
    )
    const refusal = { code: 'service_unavailable', retryAfterMs: 1000 }
    await t.rejects(resolve({ courseId: 'unknown', week: 1 }), refusal)
    await t.rejects(publish({ courseId: 'known', fromWeek: 1, toWeek: 9, text: 'lost' }), refusal)
  },
)

t.test('P11: when Postgres is back the service works again by itself', async t => {
  await servers.postgres.start()
  const next = await until('a publication', () =>
    publish({ courseId: 'known', fromWeek: 1, toWeek: 9, text: 'new' }),
  )
  t.equal(next.version, version + 1, 'what was refused has left no trace')
  t.match(await resolve({ courseId: 'known', week: 1 }), { prompt: { text: 'new' } })
})

t.test('P11: when NATS is back the service answers again by itself', async t => {
  await servers.nats.stop()
  await t.rejects(resolve({ courseId: 'known', week: 1 }), { code: 'service_unavailable' })
  await servers.nats.start()
  const policy = await until('an answer', () => resolve({ courseId: 'known', week: 1 }))
  t.match(policy, { prompt: { text: 'new' } })
})
