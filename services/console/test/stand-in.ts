import { AppendAuditCall, type NewAuditEntry } from '@lectern/shared/contracts/audit.ts'
import { GrantCall, type LedgerEntry } from '@lectern/shared/contracts/budget.ts'
import {
  AddStudentsCall,
  type Course,
  CreateCourseCall,
  GetCourseCall,
  GetKeyCall,
  GetStudentCall,
  type Key,
  ListCoursesCall,
  type NewKey,
  type Student,
  UpdateCourseCall,
} from '@lectern/shared/contracts/courses.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import { createLog } from '@lectern/shared/log.ts'
import { connectBus } from '@lectern/shared/nats/connect.ts'
import { createResponder } from '@lectern/shared/nats/responder.ts'
import type { Test } from '@lectern/shared/testing/servers.ts'

const NOW = new Date().toISOString()

/** What the console asked the stand-in to keep, for a test to look at. */
export interface Kept {
  courses: Map<string, Course>
  students: Map<string, Student>
  entries: Map<string, LedgerEntry>
  /** Set: the next import is stored, and its answer never comes. */
  loseNextAnswer: boolean
  /** Called when somebody has asked for a course: an import makes its keys next. */
  onCourseRead: () => void
}

/** Speaks the quota service's contracts from memory on the real bus, where a test must see or break a call. */
export async function startQuotaStandIn(t: Test, natsUrl: string): Promise<Kept> {
  const log = createLog('stand-in', 'silent')
  const nc = await connectBus({ url: natsUrl, service: 'quota', log })
  t.teardown(() => nc.close())
  const responder = createResponder(nc, { queue: 'quota', log })
  const kept: Kept = {
    ...{ courses: new Map(), students: new Map(), entries: new Map() },
    ...{ loseNextAnswer: false, onCourseRead: () => {} },
  }
  answerCourses(responder, kept)
  answerStudents(responder, kept)
  await nc.flush()
  return kept
}

/** Answers as the logger does; answers the entries, oldest first. */
export async function startAuditStandIn(t: Test, natsUrl: string): Promise<NewAuditEntry[]> {
  const log = createLog('stand-in', 'silent')
  const nc = await connectBus({ url: natsUrl, service: 'logger', log })
  t.teardown(() => nc.close())
  const entries: NewAuditEntry[] = []
  createResponder(nc, { queue: 'audit', log }).on(AppendAuditCall, async entry => {
    entries.push(entry)
    return {}
  })
  await nc.flush()
  return entries
}

type Responder = ReturnType<typeof createResponder>

const keyOf = ({ id, hint }: NewKey): Key => ({ id, hint, createdAt: NOW, revokedAt: null })

function found<T>(value: T | undefined): T {
  if (value === undefined) throw new LecternError('not_found')
  return value
}

function pageOf<T>(all: T[], { limit, cursor = '0' }: { limit: number; cursor?: string | undefined }) {
  const end = Number(cursor) + limit
  return { items: all.slice(Number(cursor), end), next: end < all.length ? String(end) : null }
}

function answerCourses(responder: Responder, kept: Kept): void {
  const { courses } = kept
  responder.on(CreateCourseCall, async course => {
    if (courses.has(course.id)) throw new LecternError('conflict')
    courses.set(course.id, { ...course, createdAt: NOW } as Course)
    return found(courses.get(course.id))
  })
  responder.on(GetCourseCall, async ({ courseId }) => {
    kept.onCourseRead()
    return found(courses.get(courseId))
  })
  responder.on(ListCoursesCall, async query => pageOf([...courses.values()], query))
  responder.on(UpdateCourseCall, async ({ courseId, patch }) =>
    Object.assign(found(courses.get(courseId)), patch),
  )
}

function answerStudents(responder: Responder, kept: Kept): void {
  const { students, entries } = kept
  responder.on(AddStudentsCall, async ({ courseId, students: added }) => {
    const taken = added.findIndex(({ id }) => students.has(id))
    if (taken >= 0) {
      const param = `students[${taken}].id`
      throw new LecternError('conflict', { message: `${param}: the id is already taken.`, param })
    }
    for (const { key, ...student } of added) {
      students.set(student.id, { ...student, courseId, active: true, createdAt: NOW, keys: [keyOf(key)] })
    }
    if (kept.loseNextAnswer) await new Promise(() => {})
    return { items: added.map(({ id }) => found(students.get(id))) }
  })
  responder.on(GetStudentCall, async ({ studentId }) => found(students.get(studentId)))
  responder.on(GetKeyCall, async ({ keyId }) => {
    const student = found([...students.values()].find(({ keys }) => keys.some(({ id }) => id === keyId)))
    return { key: found(student.keys[0]), studentId: student.id, courseId: student.courseId }
  })
  responder.on(GrantCall, async ({ grantId, ...grant }) => {
    const { courseId } = found(students.get(grant.studentId))
    const none = { reservationId: null, model: null, inputTokens: null, outputTokens: null }
    const entry = { id: grantId, kind: 'grant' as const, courseId, ...grant, ...none, createdAt: NOW }
    if (!entries.has(grantId)) entries.set(grantId, entry)
    return found(entries.get(grantId))
  })
}
