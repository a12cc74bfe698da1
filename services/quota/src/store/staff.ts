import type { RequestOf } from '@lectern/shared/contracts/call.ts'
import type { CourseRole, InviteStaffCall, UpdateStaffCall } from '@lectern/shared/contracts/staff.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import type { Prisma, Staff as Row, StaffRole } from '../../generated/client.ts'
import { hasWayIn, noSuchStaff, type StaffRow, withRoles } from '../staff.ts'
import { toEmail } from '../student.ts'
import { type Database, isTaken } from './database.ts'

export type Invitation = RequestOf<typeof InviteStaffCall>
export type StaffPatch = RequestOf<typeof UpdateStaffCall>['patch']

/** The staff and their roles in Postgres. */
export interface StaffMembers {
  /** By id, behind the one named. */
  list(limit: number, after?: string): Promise<StaffRow[]>
  findByEmail(email: string): Promise<Row | null>
  /** With a link that is valid until `expiresAt`. */
  invite(invitation: Invitation, expiresAt: Date): Promise<StaffRow>
  update(staffId: string, patch: StaffPatch): Promise<StaffRow>
  putRole(of: { courseId: string; staffId: string; role: CourseRole }): Promise<StaffRow>
  removeRole(of: { courseId: string; staffId: string }): Promise<StaffRow>
  listRoles(courseId: string): Promise<(StaffRole & { staff: Row })[]>
}

export function createStaffMembers(database: Database): StaffMembers {
  const find = async (id: string, work: Prisma.TransactionClient = database): Promise<StaffRow> => {
    const row = await work.staff.findUnique({ where: { id }, include: withRoles })
    if (!row) throw noSuchStaff()
    return row
  }
  return {
    list(limit, after) {
      return database.staff.findMany({
        where: after === undefined ? {} : { id: { gt: after } },
        orderBy: { id: 'asc' },
        take: limit,
        include: withRoles,
      })
    },

    findByEmail(email) {
      return database.staff.findUnique({ where: { email: toEmail(email) ?? '' } })
    },

    async invite({ staffId, email, name, isAdmin, courses, linkHash }, expiresAt) {
      await checkCourses(
        database,
        courses.map(course => course.id),
      )
      try {
        return await database.staff.create({
          data: {
            id: staffId,
            email: toEmail(email) ?? '',
            name,
            isAdmin,
            roles: { create: courses.map(({ id, role }) => ({ courseId: id, role })) },
            links: { create: { hash: linkHash, expiresAt } },
          },
          include: withRoles,
        })
      } catch (error) {
        if (!isTaken(error)) throw error
        throw new LecternError('conflict', {
          message: `${email} is of the staff already, or a course is named twice.`,
          param: 'email',
        })
      }
    },

    update(staffId, patch) {
      return database.$transaction(async work => {
        await lockAdmins(work)
        const before = await find(staffId, work)
        const stays = (patch.isAdmin ?? before.isAdmin) && !(patch.disabled ?? before.disabled)
        if (isAbleAdmin(before) && !stays) await refuseLastAdmin(work, staffId)
        if (patch.disabled) await work.staffSession.deleteMany({ where: { staffId } })
        return work.staff.update({ where: { id: staffId }, data: patch, include: withRoles })
      })
    },

    async putRole({ courseId, staffId, role }) {
      await find(staffId)
      await checkCourses(database, [courseId])
      await database.staffRole.upsert({
        where: { staffId_courseId: { staffId, courseId } },
        create: { staffId, courseId, role },
        update: { role },
      })
      return find(staffId)
    },

    async removeRole({ courseId, staffId }) {
      const { count } = await database.staffRole.deleteMany({ where: { staffId, courseId } })
      if (count === 0) throw new LecternError('not_found', { message: 'They have no role in this course.' })
      return find(staffId)
    },

    async listRoles(courseId) {
      await checkCourses(database, [courseId])
      return database.staffRole.findMany({
        where: { courseId },
        include: { staff: true },
        orderBy: { staff: { email: 'asc' } },
      })
    },
  }
}

async function checkCourses(database: Database, ids: string[]): Promise<void> {
  const known = await database.course.findMany({ where: { id: { in: ids } }, select: { id: true } })
  const missing = ids.find(id => !known.some(course => course.id === id))
  if (missing === undefined) return
  throw new LecternError('not_found', { message: `There is no course ${missing}.` })
}

/** Whoever changes who is an admin waits here for the others: two who dismiss each other would leave none. */
export async function lockAdmins(work: Prisma.TransactionClient): Promise<void> {
  await work.$queryRaw`SELECT pg_advisory_xact_lock(hashtext('lectern-staff-admins'))::text`
}

/** Admins who can sign in. */
export const ableAdmins = {
  isAdmin: true,
  disabled: false,
  OR: [{ passwordHash: { not: null } }, { oidcSubject: { not: null } }],
} satisfies Prisma.StaffWhereInput

const isAbleAdmin = (row: Row) => row.isAdmin && !row.disabled && hasWayIn(row)

async function refuseLastAdmin(work: Prisma.TransactionClient, staffId: string): Promise<void> {
  if ((await work.staff.count({ where: { ...ableAdmins, id: { not: staffId } } })) > 0) return
  throw new LecternError('conflict', {
    message: 'This is the last admin who can sign in. Make somebody else an admin first.',
  })
}
