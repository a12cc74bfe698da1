import type { NewKey } from '@lectern/shared/contracts/courses.ts'
import type { ImportMode, ImportPlan, ImportRow, Person } from '@lectern/shared/contracts/roster.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import type { Prisma } from '../../generated/client.ts'
import type { Account } from '../account.ts'
import { planImport } from '../roster-plan.ts'
import { toEmail } from '../student.ts'
import { type Change, correctAllowances } from './allowances.ts'
import { findCourse, lockCourse } from './courses.ts'
import { type Database, isTaken } from './database.ts'
import { endAllKeys, ON_ROSTER } from './students.ts'

export interface ImportOrder {
  courseId: string
  mode: ImportMode
  rows: readonly (ImportRow & { key?: NewKey })[]
}

/** What an import did, and what Redis must hear of it. */
export interface Imported {
  plan: ImportPlan
  added: { studentId: string; hash: string }[]
  /** Of who was dropped: the keys that were in force, and the students who had own keys at providers. */
  ended: { hashes: string[]; withOwnKeys: string[] }
  /** Those whose group, and so their allowance, has changed. */
  accounts: Account[]
}

/** Whole rosters in Postgres. */
export interface RosterImports {
  plan(order: ImportOrder): Promise<ImportPlan>
  /** All or nothing. */
  apply(order: ImportOrder, by: Change & { id: string }): Promise<Imported>
}

/** A roster of 10,000 takes a few seconds; whoever waits for it longer has left. */
const TRANSACTION_MS = 20_000

export function createRosterImports(database: Database): RosterImports {
  return {
    async plan({ courseId, mode, rows }) {
      await findCourse(database, courseId)
      return planNow(database, { courseId, mode, rows })
    },

    async apply(order, by) {
      try {
        return await database.$transaction(work => applyIn(work, order, by), { timeout: TRANSACTION_MS })
      } catch (error) {
        // Somebody added or changed one of them at the same time.
        if (!isTaken(error)) throw error
        throw rosterChanged('Somebody else is changing these students.')
      }
    },
  }
}

async function planNow(
  work: Prisma.TransactionClient,
  { courseId, mode, rows }: ImportOrder,
): Promise<ImportPlan> {
  const ids = rows.flatMap(({ id }) => id ?? [])
  const columns = { id: true, name: true, email: true, group: true, active: true }
  // One after the other: in a transaction there is one connection.
  const where = { courseId, ...ON_ROSTER }
  const kept = await work.student.findMany({ where, select: columns, orderBy: { id: 'asc' } })
  const elsewhere = await work.$queryRaw<{ id: string }[]>`
    SELECT id FROM quota.students WHERE id = ANY(${ids}::text[]) AND course_id <> ${courseId}`
  return planImport(rows, kept, { mode, elsewhere: new Set(elsewhere.map(({ id }) => id)) })
}

async function applyIn(
  work: Prisma.TransactionClient,
  order: ImportOrder,
  by: Change & { id: string },
): Promise<Imported> {
  const { courseId, rows } = order
  // Imports of one course follow upon each other; the course itself stays as it is meanwhile.
  await work.$executeRaw`SELECT pg_advisory_xact_lock(hashtext(${`lectern-import:${courseId}`}))`
  const course = await lockCourse(work, courseId, 'share')
  const plan = await planNow(work, order)
  const [fault] = plan.faults
  if (fault) throw rosterChanged(`rows[${fault.index}] ${fault.message}.`)
  const added = plan.added.map(({ index, student }) => ({ student, key: rows[index]?.key }))
  await change(work, plan.changed)
  const begun = await add(work, courseId, added)
  const ended = await drop(work, plan.dropped)
  const moved = plan.changed.filter(({ before, after }) => before.group !== after.group)
  const studentIds = [...moved.map(({ after }) => after), ...plan.added.map(({ student }) => student)]
    .flatMap(({ id }) => id ?? [])
    .sort()
  const correction = { ...by, change: `roster-${by.id}`, studentIds }
  return { plan, added: begun, ended, accounts: await correctAllowances(work, course, correction) }
}

/** The addresses are free before anybody gets another one: they may have been exchanged. */
async function change(work: Prisma.TransactionClient, changed: ImportPlan['changed']): Promise<void> {
  const column = (read: (person: Person) => string | null) => changed.map(({ after }) => read(after))
  const ids = column(({ id }) => id)
  const moving = changed.flatMap(({ before, after }) => (before.email === after.email ? [] : [after.id]))
  await work.$executeRaw`UPDATE quota.students SET email = NULL WHERE id = ANY(${moving}::text[])`
  await work.$executeRaw`
    UPDATE quota.students s SET name = n.name, email = n.email, group_name = n.group_name
      FROM unnest(${ids}::text[], ${column(({ name }) => name)}::text[],
                  ${column(({ email }) => toEmail(email))}::text[], ${column(({ group }) => group)}::text[])
           AS n (id, name, email, group_name)
     WHERE s.id = n.id`
}

async function add(
  work: Prisma.TransactionClient,
  courseId: string,
  added: { student: Person; key: NewKey | undefined }[],
): Promise<Imported['added']> {
  const rows = added.map(({ student: { id, name, email, group }, key }) => {
    if (id === null || !key) throw rosterChanged(`${name} is not in the course any more.`)
    return { id, name, email: toEmail(email), group, key }
  })
  const column = <T>(read: (row: (typeof rows)[number]) => T) => rows.map(read)
  const ids = column(({ id }) => id)
  // Somebody who was dropped comes back. Of another course nobody can be among them: that was a fault of the plan.
  await work.$executeRaw`
    INSERT INTO quota.students (id, course_id, name, email, group_name)
    SELECT n.id, ${courseId}, n.name, n.email, n.group_name
      FROM unnest(${ids}::text[], ${column(({ name }) => name)}::text[], ${column(({ email }) => email)}::text[],
                  ${column(({ group }) => group)}::text[]) AS n (id, name, email, group_name)
    ON CONFLICT (id) DO UPDATE
       SET active = true, name = excluded.name, email = excluded.email, group_name = excluded.group_name
     WHERE students.course_id = excluded.course_id`
  await work.$executeRaw`
    INSERT INTO quota.api_keys (id, student_id, hash, hint)
    SELECT n.* FROM unnest(${column(({ key }) => key.id)}::text[], ${ids}::text[], ${column(({ key }) => key.hash)}::text[],
                           ${column(({ key }) => key.hint)}::text[]) AS n (id, student_id, hash, hint)`
  return rows.map(({ id, key }) => ({ studentId: id, hash: key.hash }))
}

async function drop(work: Prisma.TransactionClient, dropped: readonly Person[]): Promise<Imported['ended']> {
  const ids = dropped.flatMap(({ id }) => id ?? [])
  // Before the keys: whoever adds a key at the same time waits here, and then finds the student dropped.
  await work.student.updateMany({ where: { id: { in: ids } }, data: { active: false } })
  return endAllKeys(work, ids)
}

function rosterChanged(why: string): LecternError {
  return new LecternError('conflict', {
    message: `The roster has changed since it was looked at: ${why} Look at the preview again.`,
  })
}
