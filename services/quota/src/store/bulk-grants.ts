import { isDeepStrictEqual } from 'node:util'
import type { RequestOf } from '@lectern/shared/contracts/call.ts'
import type { GrantManyCall, GrantTo } from '@lectern/shared/contracts/roster.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import type { BulkGrant, Prisma } from '../../generated/client.ts'
import type { Database } from './database.ts'
import { ON_ROSTER } from './students.ts'

/** A grant for many students, its week known. */
export type BulkOrder = RequestOf<typeof GrantManyCall> & {
  week: number
  /** Whether the running week was ordered: a repetition may come in the next one. */
  isRunning: boolean
}

/** Grants for many students in Postgres. */
export interface BulkGrants {
  /** All or nothing; the second time with the same id nothing, and another order by that id is a conflict. */
  add(order: BulkOrder): Promise<{ grant: BulkGrant; opened: string[] }>
}

export function createBulkGrants(database: Database): BulkGrants {
  return {
    add(order) {
      return database.$transaction(async work => {
        const { grantId, courseId, to, week, tokens, reason, actor } = order
        // Whoever sends the same at the same time waits here, and then finds it done.
        await work.$executeRaw`SELECT pg_advisory_xact_lock(hashtext(${`lectern-grant:${grantId}`}))`
        const before = await work.bulkGrant.findUnique({ where: { id: grantId } })
        if (before) return { grant: same(before, order), opened: await openedAmong(work, before) }
        const studentIds = await receivers(work, courseId, to)
        const grant = await work.bulkGrant.create({
          data: {
            ...{ id: grantId, courseId, week, tokens, reason, actor },
            target: to,
            students: studentIds.length,
          },
        })
        await work.$executeRaw`
          INSERT INTO quota.ledger_entries (kind, student_id, course_id, week, tokens, grant_id, reason, actor)
          SELECT 'grant', n.id, ${courseId}, ${week}, ${tokens}, format('grants:%s:%s', ${grantId}::text, n.id), ${reason}, ${actor}
            FROM unnest(${studentIds}::text[]) AS n (id)`
        return { grant, opened: await openedAmong(work, grant) }
      })
    },
  }
}

async function receivers(work: Prisma.TransactionClient, courseId: string, to: GrantTo): Promise<string[]> {
  const wanted = 'students' in to ? [...new Set(to.students)] : null
  const rows = await work.student.findMany({
    where: {
      ...{ courseId, active: true },
      // Who is named gets it, an account for trials, too.
      ...(wanted ? { id: { in: wanted } } : ON_ROSTER),
      ...('group' in to ? { group: to.group } : {}),
    },
    select: { id: true },
    orderBy: { id: 'asc' },
  })
  const found = new Set(rows.map(({ id }) => id))
  const missing = wanted?.find(id => !found.has(id))
  if (missing !== undefined) {
    throw new LecternError('not_found', {
      message: `${missing} is no active student of this course. Nothing was granted.`,
      param: 'students',
    })
  }
  if (found.size > 0) return [...found]
  throw new LecternError('not_found', { message: 'There is no active student to grant anything to.' })
}

/** Of those who got it, the students whose week has been opened: Redis may have their account. */
async function openedAmong(work: Prisma.TransactionClient, grant: BulkGrant): Promise<string[]> {
  const rows = await work.$queryRaw<{ student_id: string }[]>`
    SELECT e.student_id FROM quota.students s
      JOIN quota.ledger_entries e ON e.grant_id = format('allowance:%s:%s', s.id, ${grant.week}::int)
     WHERE s.course_id = ${grant.courseId}
       AND EXISTS (SELECT FROM quota.ledger_entries g WHERE g.grant_id = format('grants:%s:%s', ${grant.id}::text, s.id))`
  return rows.map(row => row.student_id)
}

function same(grant: BulkGrant, order: BulkOrder): BulkGrant {
  const { courseId, to, tokens, reason, actor } = order
  const week = order.isRunning ? grant.week : order.week
  const kept = [grant.courseId, grant.target, grant.week, grant.tokens, grant.reason, grant.actor]
  if (isDeepStrictEqual(kept, [courseId, to, week, BigInt(tokens), reason, actor])) return grant
  throw new LecternError('conflict', {
    message: 'This grant id was used for another grant.',
    param: 'grantId',
  })
}
