import type { CourseRole, Identity, StaffMember } from '@lectern/shared/contracts/staff.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import type { Prisma } from '../generated/client.ts'

/** What is read of somebody of the staff wherever it is told. */
export const withRoles = {
  roles: { include: { course: { select: { name: true } } }, orderBy: { courseId: 'asc' } },
} satisfies Prisma.StaffInclude

export type StaffRow = Prisma.StaffGetPayload<{ include: typeof withRoles }>

export function toIdentity({ id, email, name, isAdmin, roles }: StaffRow): Identity {
  const courses = roles.map(({ courseId, role, course }) => ({
    id: courseId,
    name: course.name,
    role: role as CourseRole,
  }))
  return { id, email, name, isAdmin, courses }
}

export function toMember(row: StaffRow): StaffMember {
  const { disabled, createdAt } = row
  return { ...toIdentity(row), disabled, canSignIn: hasWayIn(row), createdAt: createdAt.toISOString() }
}

/** Whether somebody has anything to sign in by. */
export function hasWayIn(row: { passwordHash: string | null; oidcSubject: string | null }): boolean {
  return row.passwordHash !== null || row.oidcSubject !== null
}

export const noSuchStaff = () =>
  new LecternError('not_found', { message: 'There is nobody of the staff by that id.' })
