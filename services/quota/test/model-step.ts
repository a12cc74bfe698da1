import { randomUUID } from 'node:crypto'
import * as budget from '@lectern/shared/contracts/budget.ts'
import type { RequestOf } from '@lectern/shared/contracts/call.ts'
import { ReserveCall } from '@lectern/shared/contracts/quota.ts'
import type fc from 'fast-check'
import { type Asked, type Expected, HOLD_MS, type Hold, type Model } from './model.ts'
import { agree, enrolled, type World } from './model-world.ts'

/** Single steps, of which commands are made: each changes the model and the world alike. */

/** Where students have keys of their own. */
export const PROVIDER = 'provider'

export type Command = fc.AsyncCommand<Model, World>

/** A command, after which both must say the same. */
export function command(
  name: string,
  facts: unknown,
  run: (model: Model, world: World) => Promise<void>,
  applies: (model: Model) => boolean = () => true,
): Command {
  return {
    check: applies,
    async run(model, world) {
      await run(model, world)
      await agree(model, world)
    },
    toString: () => `${name} ${JSON.stringify(facts)}`,
  }
}

export const pick = (holds: Hold[], index: number) => holds[index % Math.max(1, holds.length)]
export const isOpen = (hold: Hold) => hold.end === 'none'
export const mayBeCharged = (hold: Hold) => hold.end === 'none' || hold.end === 'expire'
/** Who asks with the last key. */
export const asks = (model: Model, student: number, question: Asked['question']): Asked => ({
  student,
  key: model.keys[student]?.last ?? 0,
  question,
})

export function toRequest(
  id: string,
  world: World,
  { student, key, question }: Asked,
): RequestOf<typeof ReserveCall> {
  const { input: inputTokens, output: maxOutputTokens, model } = question
  const { keyHash } = enrolled(world, student, key)
  const asked = { inputTokens, maxOutputTokens, choices: 1, lowerOutput: true }
  const ownKeyAt = question.own ? { ownKeyAt: ['elsewhere', PROVIDER] } : {}
  return { reservationId: id, keyHash, model, ...asked, ...ownKeyAt, ttlMs: HOLD_MS }
}

/** Asks, and compares the whole answer with the model's. */
export async function ask(model: Model, world: World, id: string, asked: Asked): Promise<void> {
  const known = model.holds.find(hold => hold.id === id)?.redis
  const expected: Expected = known ? { granted: true, answer: known.answer } : model.expect(asked)
  const answer = await world.quota.ask(ReserveCall, toRequest(id, world, asked))
  const told = answer.granted
    ? { granted: true, answer: only(answer, ['tokensHeld', 'maxOutputTokens', 'outputLowered', 'remaining']) }
    : { granted: false, reason: answer.reason }
  if (JSON.stringify(told) !== JSON.stringify(expected))
    throw new Error(`answered ${JSON.stringify(told)} instead of ${JSON.stringify(expected)}`)
  if (expected.granted && !known) model.hold(id, asked, expected.answer)
}

function only<T extends object, K extends keyof T>(from: T, names: K[]): Pick<T, K> {
  return Object.fromEntries(names.map(name => [name, from[name]])) as Pick<T, K>
}

/** A record tells how it ended, and what that costs in percent of what was held. */
export async function tell(
  model: Model,
  world: World,
  hold: Hold,
  { end, percent }: { end: 'settle' | 'release'; percent: number },
): Promise<void> {
  const charge = end === 'settle' ? Math.floor((hold.tokens * percent) / 100) : 0
  model.tell(hold, end, charge)
  await world.quota.record(enrolled(world, hold.student), { id: hold.id, week: hold.week, end, charge })
}

/** The same end again, as a redelivery would bring it. */
export async function tellAgain(model: Model, world: World, hold: Hold): Promise<void> {
  const { id, week, charge } = hold
  const end = hold.end === 'settle' ? 'settle' : 'release'
  model.tell(hold, end, charge)
  await world.quota.record(enrolled(world, hold.student), { id, week, end, charge })
}

/** A grant for the running week, told twice at once: it is one grant. */
export async function giveMore(model: Model, world: World, student: number, tokens: number): Promise<void> {
  const { studentId } = enrolled(world, student)
  const grant = { grantId: randomUUID(), studentId, week: model.week, tokens, reason: 'test', actor: 'test' }
  model.grant(student, tokens)
  const { ask } = world.quota
  await Promise.all([ask(budget.GrantCall, grant), ask(budget.GrantCall, grant)])
  const other = await ask(budget.GrantCall, { ...grant, tokens: tokens + 1 }).catch(error => error.code)
  if (other !== 'conflict') throw new Error('another grant with the same id was taken')
}

export async function wipeRedis(model: Model, { quota }: World): Promise<void> {
  await quota.redis.flushall()
  model.wipe()
}

/** A second replica starts, or of two the older one stops. */
export async function changeReplicas({ replicas }: World): Promise<void> {
  if (replicas.count() < 2) await replicas.add()
  else await replicas.drop()
}
