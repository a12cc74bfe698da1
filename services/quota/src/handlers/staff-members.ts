import type {
  CourseRole,
  InviteStaffCall,
  InviteToCourseCall,
  ListRolesCall,
  ListStaffCall,
  PutRoleCall,
  RemoveRoleCall,
  RenewLinkCall,
  UpdateStaffCall,
} from '@lectern/shared/contracts/staff.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import { toCursor, toPage } from '@lectern/shared/page.ts'
import { readIdCursor } from '../cursors.ts'
import { toMember } from '../staff.ts'
import type { StaffParts } from './staff-parts.ts'

/** An invitation may wait for the end of somebody's holidays; a lost password does not wait that long. */
const INVITATION_MS = 7 * 86_400_000

/** `staff.list`: by id, so by the time of the invitation. */
export const listStaff =
  ({ members }: StaffParts): Handler<typeof ListStaffCall> =>
  async ({ limit, cursor }) => {
    const rows = await members.list(limit + 1, readIdCursor(cursor))
    return toPage(rows.map(toMember), limit, member => toCursor([member.id]))
  }

/** `staff.invite` */
export const inviteStaff =
  ({ members, clock }: StaffParts): Handler<typeof InviteStaffCall> =>
  async invitation =>
    toMember(await members.invite(invitation, new Date(clock.nowMs() + INVITATION_MS)))

/** `staff.roles.invite` */
export const inviteToCourse =
  ({ members, clock }: StaffParts): Handler<typeof InviteToCourseCall> =>
  async ({ courseId, role, ...person }) => {
    const expiresAt = new Date(clock.nowMs() + INVITATION_MS)
    const known = await members.findByEmail(person.email)
    if (known) {
      return {
        member: toMember(await members.putRole({ courseId, staffId: known.id, role })),
        invited: false,
      }
    }
    const invitation = { ...person, isAdmin: false, courses: [{ id: courseId, role }] }
    return { member: toMember(await members.invite(invitation, expiresAt)), invited: true }
  }

/** `staff.link` */
export const renewLink =
  ({ access, clock }: StaffParts): Handler<typeof RenewLinkCall> =>
  async ({ staffId, linkHash }) => {
    const expiresAt = new Date(clock.nowMs() + INVITATION_MS)
    return toMember(await access.renewLink(staffId, { hash: linkHash, expiresAt }))
  }

/** `staff.update` */
export const updateStaff =
  ({ members }: StaffParts): Handler<typeof UpdateStaffCall> =>
  async ({ staffId, patch }) =>
    toMember(await members.update(staffId, patch))

/** `staff.roles.put` */
export const putRole =
  ({ members }: StaffParts): Handler<typeof PutRoleCall> =>
  async asked =>
    toMember(await members.putRole(asked))

/** `staff.roles.remove` */
export const removeRole =
  ({ members }: StaffParts): Handler<typeof RemoveRoleCall> =>
  async asked =>
    toMember(await members.removeRole(asked))

/** `staff.roles.list`: by e-mail. */
export const listRoles =
  ({ members }: StaffParts): Handler<typeof ListRolesCall> =>
  async ({ courseId }) => {
    const rows = await members.listRoles(courseId)
    const items = rows.map(({ role, staff: { id, email, name, disabled } }) => ({
      id,
      email,
      name,
      disabled,
      role: role as CourseRole,
    }))
    return { items }
  }
