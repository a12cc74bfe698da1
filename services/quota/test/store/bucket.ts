import { createHash } from 'node:crypto'
import { startTestServers, type Test } from '@lectern/shared/testing/servers.ts'
import { Redis } from 'ioredis'
import * as scripts from '../../src/store/scripts.ts'

export const BUCKET = '{q:07}'
export const KEY_HASH = createHash('sha256').update('a key').digest('hex')
export const WEEK_MS = 604_800_000
/** The beginning of the course's first of two weeks. */
export const NOW_MS = 10 * WEEK_MS
/** A deadline that is over, and one that is not. */
export const PAST_MS = 1
const soon = () => Date.now() + 60_000

type AnyScript = (typeof scripts)[keyof typeof scripts]
type ArgsOf<S extends AnyScript> = Record<S['args'][number], string | number>

/**
 * A bucket on a real Redis, and every script as a function whose arguments have defaults: reservation `r1` of student
 * `s` in course `c`. `met` notes which replies each script has given.
 */
export async function startBucket(t: Test) {
  const { redisUrl } = await startTestServers(t, { redis: true })
  const redis = new Redis(redisUrl)
  t.teardown(() => redis.disconnect())
  const met = new Map<string, Set<string>>()

  async function call<S extends AnyScript>(script: S, args: ArgsOf<S>): Promise<[string, ...string[]]> {
    const run = script.run as (
      redis: Redis,
      keys: { bucket: string },
      args: object,
    ) => Promise<{ reply: string; values: string[] }>
    const { reply, values } = await run(redis, { bucket: BUCKET }, args)
    met.set(script.name, (met.get(script.name) ?? new Set()).add(reply))
    return [reply, ...values]
  }

  const copies = copyCalls(call)
  const { open, putKey, putCourse, sync } = copies

  /** An open bucket with one key, course and account of 1000 tokens. */
  async function ready(granted = 1000): Promise<string> {
    await redis.flushall()
    const [, epoch = ''] = await open()
    await putKey('owner')
    await putCourse()
    await sync({ epoch, granted })
    return epoch
  }

  const account = () => redis.hgetall(`${BUCKET}:account:s:1`)

  return { redis, met, ...holdCalls(call), ...copies, ready, account }
}

type CallScript = <S extends AnyScript>(script: S, args: ArgsOf<S>) => Promise<[string, ...string[]]>

function holdCalls(call: CallScript) {
  const reserve = (args: Partial<ArgsOf<typeof scripts.reserveScript>> = {}) =>
    call(scripts.reserveScript, {
      now_ms: NOW_MS,
      deadline_ms: soon(),
      reservation: 'r1',
      key_hash: KEY_HASH,
      model: 'm',
      input_tokens: 10,
      max_output_tokens: 90,
      choices: 1,
      ttl_ms: 60_000,
      least_output_tokens: 16,
      own_key_at: '',
      ...args,
    })
  const settle = (args: Partial<ArgsOf<typeof scripts.settleScript>> = {}) =>
    call(scripts.settleScript, {
      now_ms: NOW_MS,
      deadline_ms: soon(),
      reservation: 'r1',
      end: 'settle',
      student: 's',
      week: 1,
      charge_tokens: 42,
      attend_after_ms: 5000,
      keep_ended_s: 600,
      ...args,
    })
  const expire = (args: Partial<ArgsOf<typeof scripts.expireScript>> = {}) =>
    call(scripts.expireScript, {
      now_ms: NOW_MS,
      deadline_ms: soon(),
      limit: 10,
      attend_after_ms: 5000,
      ...args,
    })
  const confirm = (reservations: string[], deadlineMs = soon()) =>
    call(scripts.confirmScript, {
      deadline_ms: deadlineMs,
      accounts: JSON.stringify([
        ['s', 1, ...reservations],
        ['another', 1],
        ['s', 2, ...reservations],
      ]),
      keep_ended_s: 600,
    })
  return { reserve, settle, expire, confirm }
}

function copyCalls(call: CallScript) {
  const sync = (args: Partial<ArgsOf<typeof scripts.syncScript>>) =>
    call(scripts.syncScript, {
      now_ms: NOW_MS,
      deadline_ms: soon(),
      epoch: '',
      student: 's',
      week: 1,
      rev: 0,
      granted: 1000,
      settled: 0,
      recorded: '[]',
      ended: '[]',
      keep_ended_s: 600,
      ttl_s: 600,
      ...args,
    })
  const snapshot = (args: Partial<ArgsOf<typeof scripts.snapshotScript>> = {}) =>
    call(scripts.snapshotScript, { now_ms: NOW_MS, course: 'c', student: 's', week: 1, ...args })
  const open = (deadlineMs = soon()) => call(scripts.openScript, { deadline_ms: deadlineMs })
  const putKey = (state: string, epoch = '') =>
    call(scripts.putKeyScript, {
      epoch,
      key_hash: KEY_HASH,
      state,
      student: 's',
      course: 'c',
      ttl_s: 600,
    })
  const putCourse = (args: Partial<ArgsOf<typeof scripts.putCourseScript>> = {}) =>
    call(scripts.putCourseScript, {
      epoch: '',
      course: 'c',
      version: 1,
      calendar: `${NOW_MS}-${NOW_MS + WEEK_MS}:1 ${NOW_MS + WEEK_MS}-${NOW_MS + 2 * WEEK_MS}:2`,
      rests: '',
      models: '',
      weights: '',
      default_max_tokens: 100,
      requests_per_minute: 100_000,
      parallel_requests: 100,
      tokens_per_minute: '',
      course_parallel_requests: '',
      own_keys: 0,
      answer_cache: '',
      ttl_s: 600,
      ...args,
    })
  const putOwnKeys = (args: Partial<ArgsOf<typeof scripts.putOwnKeysScript>> = {}) =>
    call(scripts.putOwnKeysScript, { epoch: '', student: 's', version: 1, keys: '[]', ttl_s: 600, ...args })
  return { sync, snapshot, open, putKey, putCourse, putOwnKeys }
}
