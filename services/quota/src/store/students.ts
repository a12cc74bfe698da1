import type { RequestOf } from '@lectern/shared/contracts/call.ts'
import type { NewStudent } from '@lectern/shared/contracts/courses.ts'
import type { UpdateStudentCall } from '@lectern/shared/contracts/roster.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import type { ApiKey, Prisma, Student } from '../../generated/client.ts'
import type { Account } from '../account.ts'
import { findClash, type Taken } from '../roster.ts'
import { noSuchStudent, toEmail } from '../student.ts'
import { type Change, correctAllowances } from './allowances.ts'
import { hashesOf } from './api-keys.ts'
import { lockCourse } from './courses.ts'
import { type Database, isTaken } from './database.ts'
import { removedKey } from './provider-keys.ts'

/** Who is on the roster; the accounts of staff for trials are not. */
export const ON_ROSTER = { trial: false } satisfies Prisma.StudentWhereInput

export type StudentRow = Student & { keys: ApiKey[] }

export interface StudentFilter {
  /** Anywhere in the name, or at the beginning of e-mail address or id. */
  q?: string | undefined
  group?: string | undefined
  active?: boolean | undefined
  /** Only these. */
  ids?: readonly string[] | undefined
}
export type StudentPatch = RequestOf<typeof UpdateStudentCall>['patch']

/** Students in Postgres, with their keys. */
export interface Students {
  /** All or none. */
  add(courseId: string, students: readonly NewStudent[]): Promise<StudentRow[]>
  /** An account for trials, too. */
  find(studentId: string): Promise<StudentRow>
  /** By id, behind the one named. */
  list(courseId: string, filter: StudentFilter, limit: number, after?: string): Promise<StudentRow[]>
  /** Answers also the accounts whose granted tokens changed with the group. */
  update(
    studentId: string,
    patch: StudentPatch,
    by: Change & { id: string },
  ): Promise<{ student: StudentRow; accounts: Account[] }>
  /** Ends all keys, those at providers too; `ended`: their hashes. Repeatable. */
  drop(studentId: string): Promise<{ student: StudentRow; ended: string[] }>
}

const withKeys = {
  keys: { orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] },
} satisfies Prisma.StudentInclude

export function createStudents(database: Database): Students {
  return {
    async add(courseId, students) {
      const course = await database.course.findUnique({ where: { id: courseId }, select: { id: true } })
      if (!course) throw new LecternError('not_found', { message: 'There is no such course.' })
      const clash = findClash(students, await findTaken(database, courseId, students))
      if (clash) throw clash
      const ids = students.map(student => student.id)
      try {
        await database.$transaction([
          database.student.createMany({
            data: students.map(({ id, name, email, group = null }) => ({
              ...{ id, courseId, name, group },
              email: toEmail(email),
            })),
          }),
          database.apiKey.createMany({ data: students.map(({ id, key }) => ({ ...key, studentId: id })) }),
        ])
      } catch (error) {
        // Somebody else added one of them between the question and the insert.
        if (!isTaken(error)) throw error
        throw new LecternError('conflict', { message: 'One of these students was just added. Try again.' })
      }
      const rows = await database.student.findMany({ where: { id: { in: ids } }, include: withKeys })
      return inOrderOf(ids, rows)
    },

    find: studentId => findStudent(database, studentId),

    list(courseId, filter, limit, after) {
      return database.student.findMany({
        where: {
          ...{ courseId, ...whereOf(filter) },
          // Who is named is found, on the roster or not.
          ...(filter.ids === undefined ? ON_ROSTER : {}),
          id: {
            ...(filter.ids === undefined ? {} : { in: [...filter.ids] }),
            ...(after === undefined ? {} : { gt: after }),
          },
        },
        orderBy: { id: 'asc' },
        take: limit,
        include: withKeys,
      })
    },

    async update(studentId, { email, ...patch }, by) {
      const { courseId, trial } = await findStudent(database, studentId)
      if (trial) throw noSuchStudent()
      try {
        return await database.$transaction(async work => {
          const course = await lockCourse(work, courseId, 'share')
          const data = { ...patch, ...(email === undefined ? {} : { email: toEmail(email) }) }
          const student = await work.student.update({ where: { id: studentId }, data, include: withKeys })
          const change = { ...by, change: `student-${by.id}`, studentIds: [studentId] }
          const accounts = patch.group === undefined ? [] : await correctAllowances(work, course, change)
          return { student, accounts }
        })
      } catch (error) {
        if (!isTaken(error)) throw error
        const message = 'Another student of this course has this e-mail address.'
        throw new LecternError('conflict', { message, param: 'email' })
      }
    },

    async drop(studentId) {
      return database.$transaction(async work => {
        // Before the keys: whoever adds a key at the same time waits here, and then finds the student dropped.
        const where = { id: studentId, ...ON_ROSTER }
        const { count } = await work.student.updateMany({ where, data: { active: false } })
        if (count === 0) throw noSuchStudent()
        await endAllKeys(work, [studentId])
        const ended = await hashesOf(work, { studentId })
        const student = await work.student.findUniqueOrThrow({ where: { id: studentId }, include: withKeys })
        return { student, ended }
      })
    },
  }
}

async function findStudent(database: Database, studentId: string): Promise<StudentRow> {
  const student = await database.student.findUnique({ where: { id: studentId }, include: withKeys })
  if (!student) throw noSuchStudent()
  return student
}

function whereOf({ q, group, active }: StudentFilter): Prisma.StudentWhereInput {
  // Of LIKE, % and _ stand for other characters.
  const text = q?.replace(/[\\%_]/g, '\\$&')
  return {
    ...(group === undefined ? {} : { group }),
    ...(active === undefined ? {} : { active }),
    ...(text === undefined
      ? {}
      : {
          OR: [
            { name: { contains: text, mode: 'insensitive' } },
            { email: { startsWith: text, mode: 'insensitive' } },
            { id: { startsWith: text, mode: 'insensitive' } },
          ],
        }),
  }
}

/**
 * Ends all keys of students who are dropped, those at providers too: nobody could remove them any more. Answers the hashes of
 * those that were in force, and who had keys at providers.
 */
export async function endAllKeys(
  work: Prisma.TransactionClient,
  studentIds: readonly string[],
): Promise<{ hashes: string[]; withOwnKeys: string[] }> {
  const studentId = { in: [...studentIds] }
  const ended = await work.apiKey.updateManyAndReturn({
    where: { studentId, revokedAt: null },
    data: { revokedAt: new Date() },
    select: { id: true },
  })
  const removed = await work.providerKey.updateManyAndReturn({
    where: { studentId, sealed: { not: null } },
    data: removedKey(),
    select: { studentId: true },
  })
  return {
    hashes: await hashesOf(work, { id: { in: ended.map(({ id }) => id) } }),
    withOwnKeys: [...new Set(removed.map(key => key.studentId))],
  }
}

async function findTaken(
  database: Database,
  courseId: string,
  students: readonly NewStudent[],
): Promise<Taken> {
  const emails = students.map(student => toEmail(student.email)).filter(email => email !== null)
  const [people, keys] = await Promise.all([
    database.student.findMany({
      where: {
        OR: [{ id: { in: students.map(student => student.id) } }, { courseId, email: { in: emails } }],
      },
      select: { id: true, courseId: true, email: true },
    }),
    database.apiKey.findMany({
      where: {
        OR: [
          { id: { in: students.map(student => student.key.id) } },
          { hash: { in: students.map(student => student.key.hash) } },
        ],
      },
      select: { id: true, hash: true },
    }),
  ])
  return {
    ids: new Set(people.map(person => person.id)),
    emails: new Set(
      people.filter(person => person.courseId === courseId).flatMap(({ email }) => email ?? []),
    ),
    keyIds: new Set(keys.map(key => key.id)),
    keyHashes: new Set(keys.map(key => key.hash)),
  }
}

function inOrderOf(ids: readonly string[], rows: readonly StudentRow[]): StudentRow[] {
  const byId = new Map(rows.map(row => [row.id, row]))
  return ids.flatMap(id => byId.get(id) ?? [])
}
