import t from 'tap'
import { Allowance, type DeploymentLimits } from '../../src/upstream/allowance.ts'

/** What a provider allows, at one gateway that is alone. */

let nowMs = 0
const allow = (limits: DeploymentLimits) => new Allowance(limits, { name: 'x', nowMs: () => nowMs })

t.test('requests at once', async t => {
  const allowance = allow({ parallel: 2 })
  const first = allowance.take(10)
  t.ok(allowance.isOpen)
  allowance.take(10)
  t.equal(allowance.reached, 'parallel')
  first.end()
  t.ok(allowance.isOpen)
})

t.test('requests of a minute: never more in any 60 s, whenever one looks', async t => {
  const allowance = allow({ requestsPerMinute: 3 })
  const startMs = nowMs
  const taken: number[] = []
  for (; nowMs < startMs + 300_000; nowMs += 700) {
    if (!allowance.isOpen) continue
    allowance.take(1).end()
    taken.push(nowMs)
  }
  t.ok(taken.length >= 14, 'and all of them are used')
  for (const atMs of taken) {
    t.ok(taken.filter(other => other > atMs - 60_000 && other <= atMs).length <= 3)
  }
})

t.test('when there is room again is known of a minute', async t => {
  const allowance = allow({ requestsPerMinute: 1, parallel: 5 })
  allowance.take(1)
  nowMs += 20_000
  t.equal(allowance.reached, 'requestsPerMinute')
  const { roomInMs } = allowance
  t.ok(roomInMs > 39_000 && roomInMs <= 41_000, `${roomInMs} ms`)
  nowMs += roomInMs
  t.ok(allowance.isOpen)
})

t.test('tokens of a minute: what it may use, until it is known what it did', async t => {
  const allowance = allow({ tokensPerMinute: 100 })
  const first = allowance.take(150)
  t.equal(allowance.reached, 'tokensPerMinute', 'the last one may exceed it')
  first.used(20)
  first.end()
  t.ok(allowance.isOpen)
  const late = allowance.take(80)
  t.notOk(allowance.isOpen)
  nowMs += 61_000
  t.ok(allowance.isOpen)
  late.used(5000)
  t.ok(allowance.isOpen, 'what is known too late is of another minute')
})

t.test('who waits longest is served first, and nobody overtakes', async t => {
  const allowance = allow({ parallel: 1 })
  const running = allowance.take(1)
  const served: string[] = []
  for (const name of ['a', 'b']) {
    const waiter = () => {
      allowance.leave(waiter)
      served.push(name)
      allowance.take(1)
    }
    allowance.enter(waiter, 1)
  }
  running.end()
  t.same(served, ['a'])
  const idle = allow({ parallel: 1 })
  idle.enter(() => undefined, 1)
  t.notOk(idle.isOpen, 'who comes now does not overtake, though there is room')
})
