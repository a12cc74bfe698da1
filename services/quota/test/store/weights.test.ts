import { tokensToCharge, tokensToHold } from '@lectern/shared/charge.ts'
import fc from 'fast-check'
import t from 'tap'
import { startBucket } from './bucket.ts'

const { redis, reserve, settle, sync, putCourse, ready, account } = await startBucket(t)

const line = (model: string, ...weights: number[]) => `\n${model}\t${weights.join(' ')}\n`

t.test("P1: a hold is made of the model's weights, and keeps them", async t => {
  await ready()
  const weights =
    line('m', 1500, 250, 333) + line('mm', 1, 1, 1) + line('free', 0, 0, 0) + line('prompt', 1000, 0, 0)
  await putCourse({ version: 2, weights })
  const first = await reserve({ input_tokens: 11, max_output_tokens: 10 })
  t.match(first, ['granted', 's', 'c', '1', '20', '10', '0', '980', /^\d+$/, '1500 250 333'], '16.5 + 3.33')
  await putCourse({ version: 3, weights: line('m', 9000, 9000, 9000) })
  t.same(await reserve({ input_tokens: 11, max_output_tokens: 10 }), first, 'asked again, answered alike')
  await putCourse({ version: 4, weights })
  t.has(await reserve({ reservation: 'other', model: 'o' }), ['granted', 's', 'c', '1', '100'])
  t.has(await reserve({ reservation: 'free', model: 'free' }), [
    'granted',
    's',
    'c',
    '1',
    '0',
    '90',
    '0',
    '880',
  ])
  t.has(
    await reserve({ reservation: 'prompt', model: 'prompt', max_output_tokens: 1_000_000 }),
    ['granted', 's', 'c', '1', '10', '1000000', '0', '870'],
    'what costs nothing is not lowered',
  )
  t.has(
    await reserve({ reservation: 'x', model: 'prompt', input_tokens: 871 }),
    ['denied', 'budget_in_use'],
    'its prompt must still fit',
  )
  t.has(
    await reserve({ reservation: 'y', model: 'm\t1500' }),
    ['granted', 's', 'c', '1', '100'],
    'no part of a line',
  )
  await settle({ charge_tokens: 20 })
  t.has(await account(), { settled: '20', held: '210' })
})

const weight = fc.oneof(fc.integer({ min: 0, max: 3000 }), fc.constantFrom(0, 1, 999, 1000, 1001, 1_000_000))
const tokens = fc.oneof(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 0, max: 1_000_000_000_000 }))
const Case = fc.record({
  input: tokens,
  choices: fc.integer({ min: 1, max: 128 }),
  cap: fc.oneof(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 10_000_000 })),
  wi: weight,
  wo: weight,
  granted: fc.oneof(fc.integer({ min: 0, max: 20_000 }), fc.integer({ min: 0, max: 9_000_000_000_000_000 })),
  cachedPart: fc.integer({ min: 0, max: 100 }),
})

t.test(
  'P1: the script and the formula hold the same; the cap is the greatest that fits; no charge is more',
  async t => {
    const epoch = await ready()
    let version = 10
    let rev = 1
    const property = fc.asyncProperty(Case, async ({ input, choices, cap, wi, wo, granted, cachedPart }) => {
      version += 1
      const reservation = `p${version}`
      const weights = { input: wi, cachedInput: Math.floor((wi * cachedPart) / 100), output: wo }
      await putCourse({ version, weights: line('m', wi, weights.cachedInput, wo) })
      const [reply] = await sync({ epoch, rev: rev++, granted })
      if (reply !== 'synced') throw new Error(reply)
      const asked = { input_tokens: input, max_output_tokens: cap, choices, least_output_tokens: 1 }
      const [answer, ...values] = await reserve({ reservation, ...asked })
      const hold = (maxOutputTokens: number) =>
        tokensToHold({ inputTokens: input, choices, maxOutputTokens }, weights)
      if (answer !== 'granted') {
        if (values[0] !== 'insufficient_quota') throw new Error(values[0])
        if (hold(1) <= granted) throw new Error(`false refusal: ${hold(1)} of ${granted}`)
        return
      }
      const [held, given] = [Number(values[3]), Number(values[4])]
      await settle({ reservation, end: 'release', charge_tokens: 0 })
      if (held !== hold(given)) throw new Error(`held ${held} instead of ${hold(given)}`)
      if (held > granted) throw new Error(`overspent: ${held} of ${granted}`)
      if (given < cap && hold(given + 1) <= Math.min(granted, 9e12))
        throw new Error(`the cap was lowered to ${given}, too far`)
      const usage = {
        inputTokens: input,
        cachedTokens: Math.floor((input * cachedPart) / 100),
        outputTokens: choices * given,
      }
      if (tokensToCharge(usage, weights) > held) throw new Error('charged more than held')
    })
    await fc.assert(property, { numRuns: 400, endOnFailure: true })
    t.has(await account(), { held: '0', settled: '0' })
    t.equal(await redis.scard('{q:07}:running:s'), 0)
  },
)
