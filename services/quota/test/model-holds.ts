import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { ReleaseCall, ReserveCall } from '@lectern/shared/contracts/quota.ts'
import fc from 'fast-check'
import { until } from './fixture.ts'
import type { Asked, Hold, Question } from './model.ts'
import {
  ask,
  asks,
  changeReplicas,
  command,
  giveMore,
  isOpen,
  mayBeCharged,
  pick,
  tell,
  tellAgain,
  toRequest,
  wipeRedis,
} from './model-step.ts'
import { endsOf, enrolled, type World } from './model-world.ts'

/** What gateways do with reservations, in every order and as often as they like. */

export const MODELS = ['m', 'other']
const student = fc.nat(1)
const index = fc.nat(30)
const percent = fc.nat(100)
const endKind = fc.constantFrom('settle' as const, 'release' as const)
const question: fc.Arbitrary<Question> = fc.record({
  input: fc.integer({ min: 0, max: 400 }),
  output: fc.integer({ min: 0, max: 400 }),
  model: fc.constantFrom(...MODELS),
  own: fc.boolean(),
})

export const reserve = fc
  .tuple(student, question)
  .map(([who, asked]) =>
    command('reserve', { who, ...asked }, (model, world) =>
      ask(model, world, randomUUID(), asks(model, who, asked)),
    ),
  )

export const reserveAgain = index.map(at =>
  command('reserve again', { at }, async (model, world) => {
    // With an id that has ended and that Redis has forgotten no gateway asks.
    const asked = model.holds.filter(one => one.redis !== null || isOpen(one))
    const hold = pick(asked, at)
    if (!hold) return
    const { id, question } = hold
    if (hold.givenUp) return conflict(world, id, hold)
    await ask(model, world, id, hold)
    if (hold.redis)
      await conflict(world, id, { ...hold, question: { ...question, input: question.input + 1 } })
  }),
)

async function conflict(world: World, id: string, asked: Asked): Promise<void> {
  const refused = await world.quota.ask(ReserveCall, toRequest(id, world, asked)).catch(error => error.code)
  if (refused !== 'conflict') throw new Error('answered, though given up or asked something else before')
}

/** Many at once: whatever their order, as many are admitted as fit. */
export const burst = fc
  .record({ who: student, count: fc.integer({ min: 2, max: 12 }), size: fc.integer({ min: 17, max: 200 }) })
  .map(({ who, count, size }) =>
    command('burst', { who, count, size }, async (model, world) => {
      const asked = asks(model, who, { input: size, output: 0, model: 'm' })
      const requests = Array.from({ length: count }, () => toRequest(randomUUID(), world, asked))
      const answers = await Promise.all(requests.map(request => world.quota.ask(ReserveCall, request)))
      for (const [at, answer] of answers.entries()) {
        if (!answer.granted) continue
        const expected = model.expect(asked)
        if (!expected.granted) throw new Error(`one too many admitted: ${expected.reason}`)
        const { remaining } = answer
        model.hold(requests[at]?.reservationId ?? '', asked, { ...expected.answer, remaining })
      }
      if (answers.some(answer => !answer.granted) && model.expect(asked).granted)
        throw new Error('refused although it fits')
    }),
  )

/** A record ends a hold that is open, lost or (late) expired. */
export const end = fc.record({ at: index, end: endKind, percent }).map(facts =>
  command('end', facts, async (model, world) => {
    const hold = pick(model.holds.filter(facts.end === 'settle' ? mayBeCharged : isOpen), facts.at)
    if (hold) await tell(model, world, hold, facts)
  }),
)

/**
 * Ends of ended reservations: the same again, with another charge, the other kind. Nothing may change. (Another one, which no
 * gateway tells, comes after the ledger has the first where two replicas share the stream: when Redis is wiped while
 * both are on their way, the ledger believes the one that comes to it first.)
 */
export const endAgain = fc.record({ at: index, end: endKind, isSame: fc.boolean(), percent }).map(facts =>
  command('end again', facts, async (model, world) => {
    const ended = model.holds.filter(one => one.end === 'settle' || one.end === 'release')
    const hold = pick(ended, facts.at)
    if (!hold) return
    if (facts.isSame) return tellAgain(model, world, hold)
    if (world.replicas.count() > 1) await inBooks(world, hold)
    await tell(model, world, hold, facts)
  }),
)

/**
 * Two records that cannot both be true, and that no gateway makes: one of them is believed. (Not told where Redis has lost
 * the hold and two replicas may ask the ledger in the same moment: nothing there keeps a release and a settlement apart.)
 */
export const contradict = fc.record({ at: index, percent }).map(facts =>
  command('contradict', facts, async (model, world) => {
    const isAlone = world.replicas.count() === 1
    const open = model.holds.filter(hold => isOpen(hold) && (isAlone || hold.redis?.open))
    const hold = pick(open, facts.at)
    if (!hold) return
    const who = enrolled(world, hold.student)
    const { id, week } = hold
    const charge = Math.floor((hold.tokens * facts.percent) / 100)
    await Promise.all([
      world.quota.record(who, { id, week, end: 'settle', charge }),
      world.quota.record(who, { id, week, end: 'release' }),
    ])
    const [kind] = await inBooks(world, hold)
    model.tell(hold, kind as 'settle' | 'release', charge)
  }),
)

/** Waits until the ledger has an end of the reservation. */
async function inBooks(world: World, { student, id }: Hold): Promise<string[]> {
  let kinds: string[] = []
  await until(async () => {
    kinds = (await endsOf(world.quota, [enrolled(world, student).studentId])).get(id)?.kinds ?? []
    return kinds.length > 0
  })
  return kinds
}

/** A request that was never sent upstream. */
export const releaseByCall = index.map(at =>
  command('release by call', { at }, async (model, world) => {
    const hold = pick(model.holds, at)
    if (!hold) return
    const isThere = hold.redis?.open ?? false
    const { keyHash } = enrolled(world, hold.student)
    const { released } = await world.quota.ask(ReleaseCall, { reservationId: hold.id, keyHash })
    if (released !== isThere) throw new Error(`released: ${released}`)
    if (!hold.redis) hold.givenUp = true
    if (!isThere) return
    model.tell(hold, 'release', 0)
    // Nobody tells it again: were Redis wiped before, the books would never have it.
    if (hold.end === 'release') await inBooks(world, hold)
  }),
)

/** All that may be charged is, each told several times and in any order, while tokens are granted; then more happens at once. */
export const storm = fc
  .record({
    who: student,
    seed: fc.nat(),
    tokens: fc.integer({ min: -200, max: 600 }),
    after: fc.constantFrom('nothing', 'nothing', 'nothing', 'wipe', 'restart', 'change replicas'),
  })
  .map(facts =>
    command('storm', facts, async (model, world) => {
      let place = facts.seed
      // Numerical Recipes' generator: any order will do, as long as the same facts give the same.
      const next = (below: number) => {
        place = (place * 1_664_525 + 1_013_904_223) % 2 ** 32
        return Math.floor((place / 2 ** 32) * below)
      }
      const open = model.holds.filter(mayBeCharged)
      for (const hold of open) model.tell(hold, 'settle', next(hold.tokens + 1))
      const ended = model.holds.filter(hold => hold.end === 'settle')
      const messages = [...ended, ...open, ...open].map(hold => ({ hold, place: next(1000) }))
      messages.sort((a, b) => a.place - b.place)
      // One after the other, so that each comes to another point of the grant's way into Redis.
      const telling = async () => {
        for (const { hold } of messages) await tellAgain(model, world, hold)
      }
      const giving = async () => {
        await delay(next(10))
        await giveMore(model, world, facts.who, facts.tokens)
      }
      await Promise.all([telling(), giving()])
      if (facts.after === 'wipe') await wipeRedis(model, world)
      if (facts.after === 'restart') await world.redis.restart(false)
      if (facts.after === 'change replicas') await changeReplicas(world)
    }),
  )
