import { LecternError } from '@lectern/shared/errors.ts'
import t from 'tap'
import { completionRecorded } from '../../src/handlers/completion-recorded.ts'
import type { AppliedEnd } from '../../src/settlement.ts'
import type { EndAnswer, Reservations } from '../../src/store/reservations.ts'
import { headersOf } from '../fixture.ts'

/** A Redis whose answers the test gives, so that it sees who asks when. */
function slowRedis() {
  const asked: string[] = []
  const open: PromiseWithResolvers<EndAnswer>[] = []
  const end: Reservations['end'] = (_bucket, { reservationId }) => {
    asked.push(reservationId)
    const answer = Promise.withResolvers<EndAnswer>()
    open.push(answer)
    return answer.promise
  }
  return { asked, open, reservations: { end } as Reservations }
}

function setUp() {
  const redis = slowRedis()
  const recorded: AppliedEnd[][] = []
  const unexpected = () => t.fail('nothing here is worth an alarm')
  const handler = completionRecorded({
    ...redis,
    record: async ends => void recorded.push([...ends]),
    alarms: {
      ...{ overcharged: unexpected, settledLate: unexpected, expired: unexpected },
      ...{ repaired: unexpected, overdrawn: unexpected },
    },
  })
  return { ...redis, recorded, handler }
}

const who = { courseId: 'c', studentId: 's', keyId: 'k', keyHash: 'h' }
const messages = (count: number) =>
  Array.from({ length: count }, (_, seq) => {
    const headers = new Map(Object.entries(headersOf(who, { id: `r${seq}`, charge: 1 })))
    return { seq, headers: { get: (name: string) => headers.get(name) ?? '' } }
  })
const idOf = ({ seq }: { seq: number }) => `r${seq}`
const ended: EndAnswer = { state: 'fresh', wasExpired: false, tokensHeld: 1 }
const turn = () => new Promise(resolve => setImmediate(resolve))

t.test('P4: a hold ends as its record arrives, whatever else is being written', async t => {
  const { asked, open, handler, recorded } = setUp()
  const [first, second] = messages(2)
  if (!first || !second) return t.fail()
  handler.onArrival(first)
  t.same(asked, ['r0'], 'at once')
  open[0]?.resolve(ended)
  handler.onArrival(second)
  t.same(asked, ['r0', 'r1'], 'while the first has not got to the ledger')
  open[1]?.resolve(ended)
  await handler.onBatch([first, second])
  t.same(asked, ['r0', 'r1'], 'the batch takes what the arrivals have brought')
  t.match(recorded, [[{ reservationId: 'r0' }, { reservationId: 'r1' }]])
})

t.test('P11: thousands of records at once leave room in Redis for reservations', async t => {
  const { asked, open, handler, recorded } = setUp()
  const all = messages(1000)
  for (const message of all) handler.onArrival(message)
  const batch = handler.onBatch(all.slice(0, 200))
  let answered = 0
  let most = 0
  while (answered < all.length) {
    await turn()
    most = Math.max(most, asked.length - answered)
    t.ok(asked.length > answered, 'nobody waits for nothing') || t.bailout()
    // Not in the order of the questions, as a Redis Cluster would.
    for (const answer of open.splice(0).reverse()) {
      answer.resolve(ended)
      answered += 1
    }
  }
  t.ok(most <= 64, `${most} at a time`)
  t.same(asked, all.map(idOf), 'each once, in order of arrival')
  await batch
  t.equal(recorded[0]?.length, 200)
})

t.test('P11: what failed as it arrived is tried again with its batch', async t => {
  const { asked, open, handler, recorded } = setUp()
  const all = messages(100)
  for (const message of all) handler.onArrival(message)
  while (open.length > 0) {
    for (const answer of open.splice(0)) answer.reject(new LecternError('service_unavailable'))
    await turn()
  }
  t.equal(asked.length, 100)
  const batch = handler.onBatch(all)
  for (const _ of all) {
    for (const answer of open.splice(0)) answer.resolve(ended)
    await turn()
  }
  await batch
  t.same(asked.slice(100), all.map(idOf), 'no place was lost with those that failed')
  t.equal(recorded[0]?.length, 100)
})
