import type {
  EndStudentSessionCall,
  FindStudentSessionCall,
  Me,
  MintSessionKeyCall,
  OpenStudentSessionCall,
  RotateOwnKeyCall,
  UseByDayCall,
} from '@lectern/shared/contracts/me.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import type { MeParts } from '../me-calls.ts'
import type { OwnedKey } from '../store/api-keys.ts'
import { toKey } from '../student.ts'

/** `quota.me.open` */
export const openSession =
  ({ studentSessions, clock }: MeParts): Handler<typeof OpenStudentSessionCall> =>
  async ({ address, keyHash, session }) => {
    const { key, waitMs } = await studentSessions.open(keyHash, session, { address, nowMs: clock.nowMs() })
    return key ? { opened: true, me: toMe(key) } : { opened: false, retryAfterMs: waitMs }
  }

/** `quota.me.find` */
export const findSession =
  ({ studentSessions, clock }: MeParts): Handler<typeof FindStudentSessionCall> =>
  async ({ hash }) => {
    const key = await studentSessions.find(hash, clock.nowMs())
    return { me: key && toMe(key) }
  }

/** `quota.me.end` */
export const endSession =
  ({ studentSessions }: MeParts): Handler<typeof EndStudentSessionCall> =>
  async ({ hash }) => ({ ended: await studentSessions.end(hash) })

/** `quota.me.rotate`: the old key ends as the new one begins, on every gateway (P10). */
export const rotateOwnKey =
  ({ studentSessions, policies, clock, followUp }: MeParts): Handler<typeof RotateOwnKeyCall> =>
  async ({ hash, key }) => {
    const rotated = await studentSessions.rotate(hash, key, clock.nowMs())
    if (!rotated) return { rotated: false }
    const { ended, begun } = rotated
    const { studentId } = begun
    const { courseId } = begun.student
    await followUp('a rotated key', async () => {
      await policies.endKeys(ended)
      await policies.putKey({ hash: begun.hash, state: 'owner', studentId, courseId }, null)
    })
    return { rotated: true, key: toKey(begun) }
  }

/** `quota.me.session-key` */
export const mintSessionKey =
  ({ studentSessions, clock }: MeParts): Handler<typeof MintSessionKeyCall> =>
  async ({ hash, key }) => {
    const expiresAt = await studentSessions.mint(hash, key, clock.nowMs())
    return expiresAt ? { minted: true, expiresAtMs: expiresAt.getTime() } : { minted: false }
  }

/** `quota.me.use` */
export const useByDay =
  ({ students, courses, useByDay, clock }: MeParts): Handler<typeof UseByDayCall> =>
  async ({ studentId, days }) => {
    const { courseId } = await students.find(studentId)
    const { timezone } = await courses.find(courseId)
    return { items: await useByDay(studentId, { timezone, days, now: new Date(clock.nowMs()) }) }
  }

function toMe(key: OwnedKey): Me {
  const { course, ...student } = key.student
  const { id, name, email, group } = student
  const { timezone, models, defaultMaxTokens, requestsPerMinute, parallelRequests } = course
  return {
    student: { id, name, email: email ?? '', group },
    course: {
      ...{ id: course.id, name: course.name, timezone, models },
      ...{ defaultMaxTokens, requestsPerMinute, parallelRequests },
    },
    key: { id: key.id, hint: key.hint, createdAt: key.createdAt.toISOString() },
  }
}
