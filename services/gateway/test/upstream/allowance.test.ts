import t from 'tap'
import { Allowance, type DeploymentLimits } from '../../src/upstream/allowance.ts'

/** One gateway's part of what a provider allows. */

let nowMs = 0
const allow = (limits: DeploymentLimits, part = 1) =>
  new Allowance(limits, { partOf: limit => Math.floor(limit * part) }, () => nowMs)

t.test('requests at once', async t => {
  const allowance = allow({ parallel: 4 }, 0.5)
  const first = allowance.take(10)
  t.ok(allowance.hasRoom(10))
  allowance.take(10)
  t.notOk(allowance.hasRoom(10), 'half of four')
  first.end(5)
  t.ok(allowance.hasRoom(10))
})

t.test('requests of a minute: never more in any 60 s, whenever one looks', async t => {
  const allowance = allow({ requestsPerMinute: 3 })
  const startMs = nowMs
  const taken: number[] = []
  for (; nowMs < startMs + 300_000; nowMs += 7000) {
    if (!allowance.hasRoom(1)) continue
    allowance.take(1).end(1)
    taken.push(nowMs)
  }
  t.ok(taken.length >= 12, 'and all of them are used')
  for (const atMs of taken) {
    t.ok(taken.filter(other => other > atMs - 60_000 && other <= atMs).length <= 3)
  }
})

t.test('tokens of a minute: what it may use, until it is known what it did', async t => {
  const allowance = allow({ tokensPerMinute: 100 })
  const first = allowance.take(80)
  t.notOk(allowance.hasRoom(40))
  first.end(20)
  t.ok(allowance.hasRoom(80))
  t.notOk(allowance.hasRoom(81))
  allowance.take(80).end(undefined)
  t.notOk(allowance.hasRoom(1), 'what nobody knows counts as it was asked')
  nowMs += 60_000
  t.ok(allowance.hasRoom(500), 'one above the limit goes when nothing else counts')
})
