import { randomUUID } from 'node:crypto'
import * as staff from '@lectern/shared/contracts/courses.ts'
import { PutProviderKeyCall, RemoveProviderKeyCall } from '@lectern/shared/contracts/provider-keys.ts'
import fc from 'fast-check'
import { newKey } from './fixture.ts'
import { HOLD_MS } from './model.ts'
import { MODELS } from './model-holds.ts'
import { ask, asks, changeReplicas, command, giveMore, PROVIDER, wipeRedis } from './model-step.ts'
import { agreeInBooks, enrolled, type World } from './model-world.ts'

/** What happens around the reservations: time, staff, and what breaks. */

const WEEK_MS = 604_800_000
const student = fc.nat(1)

export const grant = fc
  .tuple(student, fc.integer({ min: -400, max: 600 }))
  .map(([who, tokens]) =>
    command('grant', { who, tokens }, (model, world) => giveMore(model, world, who, tokens)),
  )

/** Everything that is open passes its deadline. */
export const expire = fc.constant(
  command('expire', {}, async (model, world) => {
    model.pass(HOLD_MS)
    world.clock.set(model.nowMs)
  }),
)

export const nextWeek = fc.constant(
  command('next week', {}, async (model, world) => {
    model.pass(WEEK_MS)
    world.clock.set(model.nowMs)
    model.nextWeek()
  }),
)

export const changeCourse = fc
  .record({
    weeklyTokens: fc.integer({ min: 400, max: 1600 }),
    models: fc.constantFrom([], ['m'], MODELS),
    parallelRequests: fc.constantFrom(1, 3, 10_000),
    ownKeys: fc.boolean(),
  })
  .map(patch =>
    command('change course', patch, async (model, world) => {
      const { courseId } = enrolled(world, 0)
      await world.quota.ask(staff.UpdateCourseCall, { courseId, patch, actor: 'test' })
      model.changeAllowance(patch.weeklyTokens)
      model.models = patch.models
      model.parallel = patch.parallelRequests
      model.ownKeys = patch.ownKeys
    }),
  )

/** A student brings a key of their own, or deletes it; who may not gets nothing changed. */
export const changeOwnKey = fc.record({ who: student, brings: fc.boolean() }).map(facts =>
  command('change own key', facts, async (model, world) => {
    const keys = model.keys[facts.who]
    if (!keys) return
    const { keyHash } = enrolled(world, facts.who, keys.last)
    const asked = { keyHash, provider: PROVIDER }
    const { ask } = world.quota
    const answer = facts.brings
      ? await ask(PutProviderKeyCall, { ...asked, sealed: 'v1.sealed', hint: '1234' })
      : await ask(RemoveProviderKeyCall, asked)
    if (answer.known !== keys.isValid) throw new Error(`known: ${answer.known}`)
    if (!answer.known) return
    if ('allowed' in answer && answer.allowed !== model.ownKeys) throw new Error(`allowed: ${answer.allowed}`)
    if (!facts.brings || model.ownKeys) keys.own = facts.brings
  }),
)

/** The last key is revoked, rotated, or replaced by another one. */
export const changeKey = fc
  .record({ who: student, how: fc.constantFrom('revoke', 'rotate', 'replace') })
  .map(facts =>
    command('change key', facts, async (model, world) => {
      const own = model.keys[facts.who]
      if (!own) return
      await changeKeyOf(world, facts.who, facts.how === 'rotate' && !own.isValid ? 'replace' : facts.how)
      own.isValid = facts.how !== 'revoke'
      if (own.isValid) own.last += 1
    }),
  )

async function changeKeyOf(world: World, who: number, how: string): Promise<void> {
  const { ask } = world.quota
  const old = enrolled(world, who)
  const { keyId, studentId } = old
  const key = newKey(old.courseId)
  if (how === 'rotate') await ask(staff.RotateKeyCall, { keyId, key })
  else await ask(staff.RevokeKeyCall, { keyId })
  if (how === 'replace') await ask(staff.CreateKeyCall, { studentId, key })
  if (how !== 'revoke') world.students[who]?.push({ ...old, keyId: key.id, keyHash: key.hash })
}

/** Keys that were valid once, whatever Redis may have found in an old file. */
export const tryDeadKeys = fc.constant(
  command('try dead keys', {}, async (model, world) => {
    for (const [who, keys] of world.students.entries()) {
      const dead = keys.filter((_, key) => !model.works(who, key))
      for (const enrolment of dead.slice(-3)) {
        const answer = await world.quota.reserve(enrolment)
        if (answer.granted || answer.reason !== 'invalid_api_key') throw new Error('a dead key works again')
      }
    }
  }),
)

export const forgetScripts = fc.constant(
  command('forget scripts', {}, async (_, { quota }) => void (await quota.redis.script('FLUSH'))),
)

export const wipe = fc.constant(command('wipe', {}, wipeRedis))

export const restart = fc.constant(command('restart redis', {}, (_, world) => world.redis.restart(false)))

export const copyFile = fc.constant(
  command('copy file', {}, async (model, world) => {
    await world.redis.copy()
    model.copyFile()
  }),
)

export const restoreFile = fc.constant(
  command(
    'restore file',
    {},
    async (model, world) => {
      await agreeInBooks(model, world)
      await world.redis.restart(true)
      // What expires at once does so in a moment of its own.
      const isCertain = ![...(model.file ?? [])].some(
        ([, { redis }]) => redis?.open && redis.deadlineMs <= model.nowMs,
      )
      model.restoreFile()
      if (!isCertain) return
      // Before anything else asks: the first to come must not be answered from the file.
      const question = { input: 50, output: 50, model: 'm' }
      for (const who of model.students) await ask(model, world, randomUUID(), asks(model, who, question))
    },
    model => model.file !== null,
  ),
)

export const replicas = fc.constant(command('change replicas', {}, (_, world) => changeReplicas(world)))
