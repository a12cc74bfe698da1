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
import { endAllKeys } from './students.ts'

export interface ImportOrder {
  courseId: string
  mode: ImportMode
  rows: readonly (ImportRow & { key?: NewKey })[]
}

/** What an import did, and what Redis must hear of it. */
export interface Imported {
  plan: ImportPlan
  added: { studentId: string; hash: string }[]
  dropped: { studentId: string; hashes: string[] }[]
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
  const [kept, elsewhere] = await Promise.all([
    work.student.findMany({ where: { courseId }, select: columns, orderBy: { id: 'asc' } }),
    work.$queryRaw<{ id: string }[]>`
      SELECT id FROM quota.students WHERE id = ANY(${ids}::text[]) AND course_id <> ${courseId}`,
  ])
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
  const dropped = await drop(work, plan.dropped)
  const moved = plan.changed.filter(({ before, after }) => before.group !== after.group)
  const studentIds = [...moved.map(({ after }) => after), ...plan.added.map(({ student }) => student)]
    .flatMap(({ id }) => id ?? [])
    .sort()
  const correction = { ...by, change: `roster-${by.id}`, studentIds }
  return { plan, added: begun, dropped, accounts: await correctAllowances(work, course, correction) }
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
  const returning = await work.student.findMany({
    where: { id: { in: rows.map(({ id }) => id) } },
    select: { id: true },
  })
  const known = new Set(returning.map(({ id }) => id))
  for (const { id, name, email, group } of rows.filter(row => known.has(row.id))) {
    await work.student.update({ where: { id }, data: { name, email, group, active: true } })
  }
  await work.student.createMany({
    data: rows
      .filter(row => !known.has(row.id))
      .map(({ id, name, email, group }) => ({ id, courseId, name, email, group })),
  })
  await work.apiKey.createMany({ data: rows.map(({ id, key }) => ({ ...key, studentId: id })) })
  return rows.map(({ id, key }) => ({ studentId: id, hash: key.hash }))
}

async function drop(
  work: Prisma.TransactionClient,
  dropped: readonly Person[],
): Promise<Imported['dropped']> {
  const ids = dropped.flatMap(({ id }) => id ?? [])
  // Before the keys: whoever adds a key at the same time waits here, and then finds the student dropped.
  await work.student.updateMany({ where: { id: { in: ids } }, data: { active: false } })
  await endAllKeys(work, ids)
  const keys = await work.apiKey.findMany({
    where: { studentId: { in: ids } },
    select: { studentId: true, hash: true },
  })
  const hashes = Map.groupBy(keys, key => key.studentId)
  return ids.map(studentId => ({
    studentId,
    hashes: (hashes.get(studentId) ?? []).map(({ hash }) => hash),
  }))
}

function rosterChanged(why: string): LecternError {
  return new LecternError('conflict', {
    message: `The roster has changed since it was looked at: ${why} Look at the preview again.`,
  })
}
