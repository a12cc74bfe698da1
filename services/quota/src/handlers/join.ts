import type { FindJoinCall, JoinCall } from '@lectern/shared/contracts/me.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import type { FollowUp } from '../follow-up.ts'
import { checkBucket } from '../roster.ts'
import { consentVersion, type Joins } from '../store/joins.ts'
import type { Policies } from '../store/policies.ts'
import type { RedisClock } from '../store/redis-clock.ts'
import { toEmail, toStudent } from '../student.ts'

/** `quota.join.find` */
export function findJoin({
  joins,
  clock,
}: {
  joins: Joins
  clock: RedisClock
}): Handler<typeof FindJoinCall> {
  return async ({ address, code }) => {
    const { course, waitMs } = await joins.find(address, code, clock.nowMs())
    if (!course) return { found: false, retryAfterMs: waitMs }
    const { id, name, consentText: text } = course
    return {
      found: true,
      course: { id, name },
      consent: text === null ? null : { version: consentVersion(text), text },
    }
  }
}

type Refusal = {
  joined: false
  reason: 'code' | 'tries' | 'domain' | 'consent' | 'email'
  retryAfterMs: number | null
}
const refused = (reason: Refusal['reason'], retryAfterMs: number | null = null): Refusal => ({
  joined: false,
  reason,
  retryAfterMs,
})

/** `quota.join.enter`: the key is in force at once. */
export function join({
  joins,
  policies,
  clock,
  followUp,
}: {
  joins: Joins
  policies: Policies
  clock: RedisClock
  followUp: FollowUp
}): Handler<typeof JoinCall> {
  return async ({ address, code, courseId, student, consent }) => {
    checkBucket(student.key, courseId, 'student.key')
    const nowMs = clock.nowMs()
    const { course, waitMs } = await joins.find(address, code, nowMs)
    if (waitMs !== null) return refused('tries', waitMs)
    if (course?.id !== courseId) return refused('code')
    const domain = toEmail(student.email)?.split('@').pop() ?? ''
    if (course.joinDomains.length > 0 && !course.joinDomains.includes(domain)) return refused('domain')
    const { consentText: text } = course
    if (text !== null && consent !== consentVersion(text)) return refused('consent')
    const fullMs = await joins.takePlace(address, nowMs)
    if (fullMs !== null) return refused('tries', fullMs)
    const row = await joins.enter(courseId, student, text, new Date(nowMs))
    if (!row) return refused('email')
    const { hash } = student.key
    await followUp('the key of who has joined', () =>
      policies.putKey({ hash, state: 'owner', studentId: row.id, courseId }, null),
    )
    return { joined: true, student: toStudent(row) }
  }
}
