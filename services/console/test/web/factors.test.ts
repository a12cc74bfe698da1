import t from 'tap'
import { faultsOfFactors, fromFactors, toFactors } from '../../web/src/pages/settings/factors.ts'

const row = (model: string, input: number | string = 1, cachedInput: number | string = 1) => ({
  row: `${model} ${input}`,
  model,
  input,
  cachedInput,
  output: 1,
})

t.test('what is kept comes back as it was', async t => {
  const weights = {
    large: { input: 3000, cachedInput: 300, output: 12_345 },
    small: { input: 100, cachedInput: 1, output: 0 },
  }
  t.same(fromFactors(toFactors(weights, 1000), 1000, 1), weights)
  const prices = { large: { input: 0.15, cachedInput: 0.075, output: 0.6 } }
  t.same(fromFactors(toFactors(prices, 1), 1, 0), prices)
})

t.test('an empty number is the usual one', async t => {
  t.same(fromFactors([row(' m ', '', '')], 1000, 1), { m: { input: 1000, cachedInput: 1000, output: 1000 } })
})

t.test('what the API would refuse is said beside its row', async t => {
  t.same(
    [...faultsOfFactors([row('a'), row('', 2), row('a', 3), row('b', 1, 2), row('c', '', 2)])],
    [
      [' 2', 'noModel'],
      ['a 3', 'twice'],
      ['b 1', 'cachedAbove'],
    ],
  )
})
