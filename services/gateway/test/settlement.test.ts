import { HEADER } from '@lectern/shared/contracts/subjects.ts'
import t from 'tap'
import { startCampus } from './campus.ts'
import { postChat } from './http.ts'

const campus = await startCampus(t)
const { staff } = campus
let recorded = 0

async function settled(text: string, more: object = {}) {
  const response = await postChat(campus, text, more)
  await response.text()
  recorded += 1
  const stored = (await campus.recordsOf(recorded)).at(-1)
  return { response, record: stored?.record, charge: Number(stored?.headers[HEADER.charge]) }
}

t.test(
  'P1: charged at the weights of the reservation, the cached part at its own; usage stays raw',
  async t => {
    staff.weights = { input: 1500, cachedInput: 250, output: 4001 }
    for (const stream of [true, false]) {
      const { record, charge, response } = await settled('[[demo: usage=101,7,40]]', { stream })
      t.match(record?.usage, { inputTokens: 101, outputTokens: 7, cachedTokens: 40, source: 'provider' })
      t.equal(record?.chargeTokens, Math.ceil((61 * 1500 + 40 * 250 + 7 * 4001) / 1000))
      t.equal(charge, record?.chargeTokens)
      if (!stream) t.equal(response.headers.get('x-lectern-remaining-tokens'), String(100_000 - charge))
    }
    staff.weights = { input: 0, cachedInput: 0, output: 0 }
    t.match(
      await settled('[[demo: usage=101,7]]'),
      { charge: 0, record: { usage: { inputTokens: 101 } } },
      'free',
    )
    staff.weights = { input: 1000, cachedInput: 1000, output: 1000 }
  },
)

t.test('P1: an estimate is never charged above the hold', async t => {
  staff.maxOutputTokens = 3
  // A provider that ignores the cap, and reports nothing.
  const { record, charge } = await settled('[[demo: usage=none big=20000]]')
  const held = campus.asked.reserve.at(-1)
  t.equal(record?.usage.source, 'estimate')
  t.equal(record?.usage.outputTokens, 3)
  t.ok(charge <= (held?.inputTokens ?? 0) + 3)
  staff.maxOutputTokens = null
})

t.test('P5: unknown is never zero: a report of nothing is none', async t => {
  for (const stream of [true, false]) {
    const nothing = await settled('[[demo: usage=0,0 tokens=30]]', { stream })
    t.ok((nothing.record?.usage.inputTokens ?? 0) > 0)
    t.ok((nothing.record?.usage.outputTokens ?? 0) > 10)
    t.equal(nothing.record?.usage.source, 'estimate')
    const noOutput = await settled('[[demo: usage=50,0 tokens=30]]', { stream })
    t.match(noOutput.record?.usage, { inputTokens: 50, source: 'estimate' })
    t.ok((noOutput.record?.usage.outputTokens ?? 0) > 10)
  }
})
