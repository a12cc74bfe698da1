import type { Weights } from '@lectern/shared/contracts/quota.ts'
import type { Redis } from '@lectern/shared/redis/connect.ts'
import { isTrialAccount } from '@lectern/shared/trial.ts'
import type { Stretch } from '@lectern/shared/week.ts'
import type { CoursePolicy } from '../course.ts'
import type { Need } from '../need.ts'
import { type Bucket, bucketFor, bucketForKey, courseName, keyName } from './keys.ts'
import { type RedisClock, tooLate } from './redis-clock.ts'
import { openScript, putCourseScript, putKeyScript, putOwnKeysScript } from './scripts.ts'

/** Copies in Redis of what Postgres says about keys and courses. */
export interface Policies {
  /** The bucket's epoch; begins one where there is none that can be believed. */
  open(bucket: Bucket): Promise<string>
  /** `epoch` null: the caller has just written this to Postgres. */
  putKey(key: KeyCopy, epoch: string | null): Promise<void>
  /** The same for keys that have just been revoked in Postgres. */
  endKeys(hashes: readonly string[]): Promise<void>
  putCourse(course: CoursePolicy, epoch: string | null): Promise<void>
  putOwnKeys(keys: OwnKeysCopy, epoch: string | null): Promise<void>
  findOwner(keyHash: string): Promise<FoundOwner | { need: Need }>
}

/** Whose key it is, and for how long if not for ever. A key only ever moves from `unknown` to `owner` to `revoked`. */
export type KeyCopy =
  | { hash: string; state: 'owner'; studentId: string; courseId: string; livesMs?: number | undefined }
  | { hash: string; state: 'unknown' | 'revoked' }

/** All own keys of a student at providers, as the gateway encrypted them. */
export interface OwnKeysCopy {
  bucket: Bucket
  studentId: string
  /** The newest wins, in whatever order copies arrive. */
  version: number
  keys: { provider: string; sealed: string }[]
}

/** The owner of a key and the course's policy, with the stretches in which the owner may ask; null: the key is not valid. */
export type FoundOwner = { owner: { studentId: string; course: CachedCourse } | null }
export type CachedCourse = Pick<CoursePolicy, 'id' | 'stretches' | 'models' | 'defaultMaxTokens' | 'ownKeys'>

const COPY_TTL_S = 30 * 86_400
// Longer than any loader may take that read the key before it was revoked; afterwards Postgres answers again.
const REVOKED_TTL_S = 86_400
// A key that was never issued is asked for again at most this often.
const UNKNOWN_TTL_S = 30

const TTL_S = { owner: COPY_TTL_S, revoked: REVOKED_TTL_S, unknown: UNKNOWN_TTL_S }

export function createPolicies(redis: Redis, clock: RedisClock): Policies {
  async function open(bucket: Bucket): Promise<string> {
    const { reply, values } = await openScript.run(redis, { bucket }, { deadline_ms: clock.deadlineMs() })
    if (reply === 'late') throw tooLate()
    return values[0] ?? ''
  }

  async function putKey(key: KeyCopy, epoch: string | null): Promise<void> {
    await putKeyScript.run(
      redis,
      { bucket: bucketForKey(key.hash) },
      {
        epoch: epoch ?? '',
        key_hash: key.hash,
        state: key.state,
        student: key.state === 'owner' ? key.studentId : '',
        course: key.state === 'owner' ? key.courseId : '',
        ttl_s: ttlOf(key),
      },
    )
  }

  return {
    open,
    putKey,

    async endKeys(hashes) {
      await Promise.all(hashes.map(hash => putKey({ hash, state: 'revoked' }, null)))
    },

    async putCourse(course, epoch) {
      await putCourseScript.run(
        redis,
        { bucket: bucketFor(course.id) },
        {
          epoch: epoch ?? '',
          course: course.id,
          version: course.version,
          calendar: course.stretches.map(writeStretch).join(' '),
          rests: course.rests.map(writeStretch).join(' '),
          models: course.models.map(model => `\n${model}\n`).join(''),
          weights: Object.entries(course.modelWeights).map(writeWeights).join(''),
          default_max_tokens: course.defaultMaxTokens,
          requests_per_minute: course.requestsPerMinute,
          parallel_requests: course.parallelRequests,
          tokens_per_minute: course.tokensPerMinute ?? '',
          course_parallel_requests: course.courseParallelRequests ?? '',
          own_keys: course.ownKeys ? 1 : 0,
          answer_cache: course.answerCaching,
          ttl_s: COPY_TTL_S,
        },
      )
    },

    async putOwnKeys({ bucket, studentId, version, keys }, epoch) {
      await putOwnKeysScript.run(
        redis,
        { bucket },
        {
          epoch: epoch ?? '',
          student: studentId,
          version,
          keys: JSON.stringify(keys.map(({ provider, sealed }) => [provider, sealed])),
          ttl_s: COPY_TTL_S,
        },
      )
    },

    async findOwner(keyHash) {
      const bucket = bucketForKey(keyHash)
      const [epoch, key] = await Promise.all([open(bucket), redis.hgetall(keyName(bucket, keyHash))])
      if (key.epoch !== epoch) return { need: { what: 'key', bucket, epoch, keyHash } }
      const { state, student: studentId = '', course: courseId = '' } = key
      if (state !== 'owner') return { owner: null }
      const course = await redis.hgetall(courseName(bucket, courseId))
      const isTrial = isTrialAccount(studentId)
      if (course.epoch !== epoch || !course.calendar || (isTrial && course.rests === undefined))
        return { need: { what: 'course', bucket, epoch, courseId } }
      const calendar = isTrial ? `${course.calendar} ${course.rests}`.trim() : course.calendar
      return { owner: { studentId, course: toCachedCourse(courseId, { ...course, calendar }) } }
    },
  }
}

/** The copy of a key that expires does so with it, within the second; then Postgres says that it has. */
function ttlOf(key: KeyCopy): number {
  const livesMs = key.state === 'owner' ? key.livesMs : undefined
  if (livesMs === undefined) return TTL_S[key.state]
  return Math.min(TTL_S[key.state], Math.max(1, Math.ceil(livesMs / 1000)))
}

function toCachedCourse(id: string, fields: Record<string, string>): CachedCourse {
  return {
    id,
    stretches: (fields.calendar ?? '').split(' ').map(readStretch),
    models: (fields.models ?? '').split('\n').filter(Boolean),
    defaultMaxTokens: Number(fields.default_max_tokens),
    ownKeys: fields.own_keys === '1',
  }
}

// The notation of put-course-1.lua.
const writeStretch = ({ week, startsAtMs, endsAtMs }: Stretch) => `${startsAtMs}-${endsAtMs}:${week}`
const writeWeights = ([model, { input, cachedInput, output }]: [string, Weights]) =>
  `\n${model}\t${input} ${cachedInput} ${output}\n`

function readStretch(text: string): Stretch {
  const [startsAtMs = 0, endsAtMs = 0, week = 0] = text.split(/[-:]/).map(Number)
  return { week, startsAtMs, endsAtMs }
}
