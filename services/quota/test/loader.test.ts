import t from 'tap'
import { createLoader } from '../src/loader.ts'
import type { Need } from '../src/need.ts'

const account = { courseId: 'c', studentId: 's', week: 1 }
const need: { need: Need } = { need: { what: 'account', account } }

/** A loader of accounts only: what it loads them with is `sync`. */
function loaderWith(sync: () => Promise<unknown>, loadTimeoutMs = 1000) {
  const unused = {} as never
  return createLoader({
    policies: unused,
    keys: unused,
    courses: unused,
    providerKeys: unused,
    clock: { nowMs: () => 0 },
    sync: sync as never,
    askTimeoutMs: 50,
    loadTimeoutMs,
  })
}

t.test('what many miss at once is loaded once', async t => {
  let loads = 0
  let loaded = false
  const gate = Promise.withResolvers<void>()
  const withLoading = loaderWith(async () => {
    loads += 1
    await gate.promise
    loaded = true
  })
  const answers = Array.from({ length: 50 }, () => withLoading(async () => (loaded ? { value: 1 } : need)))
  gate.resolve()
  t.same(await Promise.all(answers), Array(50).fill({ value: 1 }))
  t.equal(loads, 1)
})

t.test('P11: a load that takes too long is refused, and goes on for the next', async t => {
  const gate = Promise.withResolvers<void>()
  let loaded = false
  const withLoading = loaderWith(async () => {
    await gate.promise
    loaded = true
  }, 10)
  const ask = async () => (loaded ? { value: 1 } : need)
  await t.rejects(withLoading(ask), { code: 'service_unavailable', retryAfterMs: 1000 })
  gate.resolve()
  t.same(await withLoading(ask), { value: 1 })
})

t.test('P11: a Redis that does not answer is not waited for', async t => {
  const withLoading = loaderWith(async () => {})
  const never = Promise.withResolvers<{ value: number }>()
  await t.rejects(
    withLoading(() => never.promise),
    { code: 'service_unavailable', retryAfterMs: 1000 },
  )
})

t.test('P11: a failed load is not remembered, and what never stays is given up on', async t => {
  let fails = true
  const withLoading = loaderWith(async () => {
    if (fails) throw new Error('away')
  })
  await t.rejects(
    withLoading(async () => need),
    { message: 'away' },
  )
  fails = false
  let rounds = 0
  await t.rejects(
    withLoading(async () => {
      rounds += 1
      return need
    }),
    { code: 'service_unavailable' },
  )
  t.equal(rounds, 8)
})
