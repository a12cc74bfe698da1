import fc from 'fast-check'
import t from 'tap'
import { tokensToCharge, tokensToHold } from '../src/charge.ts'

const ONE = { input: 1000, cachedInput: 1000, output: 1000 }

t.test('P1: a token costs what its model says, rounded up once', async t => {
  const request = { inputTokens: 10, choices: 2, maxOutputTokens: 7 }
  t.equal(tokensToHold(request, ONE), 24)
  t.equal(tokensToHold(request, { input: 1500, cachedInput: 0, output: 333 }), 20, '15 + 4.662')
  t.equal(tokensToHold(request, { input: 0, cachedInput: 0, output: 0 }), 0)
  const usage = { inputTokens: 10, cachedTokens: 4, outputTokens: 7 }
  t.equal(tokensToCharge(usage, ONE), 17)
  t.equal(tokensToCharge(usage, { input: 1500, cachedInput: 250, output: 1 }), 11, '9 + 1 + 0.007')
  t.equal(tokensToCharge({ ...usage, cachedTokens: 99 }, { input: 1000, cachedInput: 0, output: 0 }), 0)
  const large = { inputTokens: 1e12, choices: 128, maxOutputTokens: 1e7 }
  t.equal(tokensToHold(large, { input: 999_999, cachedInput: 0, output: 1 }), 999_999_000_000_000 + 1_280_000)
})

t.test('P1: no usage within the bound is charged more than was held', async t => {
  let runs = 0
  const count = fc.integer({ min: 0, max: 1_000_000_000 })
  const weight = fc.integer({ min: 0, max: 1_000_000 })
  const part = fc.integer({ min: 0, max: 100 })
  const of = (whole: number, percent: number) => Math.floor((whole * percent) / 100)
  fc.assert(
    fc.property(
      fc.record({ inputTokens: count, choices: fc.integer({ min: 1, max: 128 }), maxOutputTokens: count }),
      fc.record({ input: weight, output: weight }),
      fc.tuple(part, part, part, part),
      (request, weights, [input, cached, output, cachedWeight]) => {
        runs += 1
        const inputTokens = of(request.inputTokens, input)
        const outputTokens = of(request.choices * request.maxOutputTokens, output)
        const usage = { inputTokens, cachedTokens: of(inputTokens, cached), outputTokens }
        const all = { ...weights, cachedInput: of(weights.input, cachedWeight) }
        return tokensToCharge(usage, all) <= tokensToHold(request, all)
      },
    ),
  )
  t.ok(runs >= 100)
})
