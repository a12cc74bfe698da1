import t from 'tap'
import { Breaker } from '../../src/upstream/breaker.ts'

let nowMs = 0
const fail = (breaker: Breaker, times = 1, retryAfterMs?: number) => {
  for (let time = 0; time < times; time += 1) {
    breaker.began()
    breaker.failed({ retryAfterMs })
  }
}
const broken = () => {
  const breaker = new Breaker(() => nowMs)
  fail(breaker, 5)
  return breaker
}

t.test('five failures in a row open it; an answer in between begins the count anew', async t => {
  const breaker = new Breaker(() => nowMs)
  fail(breaker, 4)
  t.ok(breaker.admits)
  breaker.began()
  breaker.answered()
  fail(breaker, 4)
  t.equal(breaker.state, 'closed')
  fail(breaker)
  t.equal(breaker.state, 'open')
  t.notOk(breaker.admits)
})

t.test('after its rest one request at a time finds out; an answer closes it', async t => {
  const breaker = broken()
  nowMs += 1999
  t.equal(breaker.state, 'open')
  nowMs += 1
  t.equal(breaker.state, 'half_open')
  t.ok(breaker.admits)
  breaker.began()
  t.notOk(breaker.admits, 'one is on its way')
  breaker.undecided()
  t.ok(breaker.admits, 'its student has left: the next one finds out')
  breaker.began()
  breaker.answered()
  t.equal(breaker.state, 'closed')
})

t.test('each failure on trial doubles the rest, up to a minute', async t => {
  const breaker = broken()
  for (const restMs of [4000, 8000, 16_000, 32_000, 60_000, 60_000]) {
    while (breaker.state === 'open') nowMs += 1000
    fail(breaker)
    nowMs += restMs - 1
    t.equal(breaker.state, 'open')
    nowMs += 1
    t.equal(breaker.state, 'half_open')
  }
  breaker.began()
  breaker.answered()
  fail(breaker, 5)
  nowMs += 2000
  t.equal(breaker.state, 'half_open', 'what was before is forgotten')
})

t.test('requests that were on their way when it opened do not make the rest longer', async t => {
  const breaker = broken()
  fail(breaker, 20)
  nowMs += 2000
  t.equal(breaker.state, 'half_open')
})

t.test('a provider that says how long to wait is believed, within a minute', async t => {
  const breaker = new Breaker(() => nowMs)
  fail(breaker, 1, 7000)
  nowMs += 6999
  t.equal(breaker.state, 'open')
  nowMs += 1
  t.equal(breaker.state, 'half_open')
  fail(breaker, 1, 3_600_000)
  nowMs += 60_000
  t.equal(breaker.state, 'half_open')
})
