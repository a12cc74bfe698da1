import type { RequestOf } from '@lectern/shared/contracts/call.ts'
import type {
  AcceptInvitationCall,
  ChangePasswordCall,
  CompleteSetupCall,
  NewSession,
  SignInByProviderCall,
  SignInCall,
} from '@lectern/shared/contracts/staff.ts'
import type { Prisma } from '../../generated/client.ts'
import { noSuchStaff, type StaffRow, withRoles } from '../staff.ts'
import { toEmail } from '../student.ts'
import type { Database } from './database.ts'
import type { SessionLimits } from './session-limits.ts'
import { ableAdmins, lockAdmins } from './staff.ts'
import { beginSession } from './staff-sessions.ts'

/** The ways in, in Postgres: each is one transaction that ends with a new session. Null: refused. */
export interface StaffAccess {
  /** Whether no admin could sign in; then also keeps the hash of a link that makes the first one. */
  offerSetup(link: { hash: string; expiresAt: Date } | null): Promise<boolean>
  completeSetup(asked: RequestOf<typeof CompleteSetupCall>, nowMs: number): Promise<StaffRow | null>
  /** Of somebody who may sign in by a password. */
  findPassword(email: string): Promise<{ staffId: string; passwordHash: string } | null>
  signIn(asked: RequestOf<typeof SignInCall>, nowMs: number): Promise<StaffRow | null>
  signInByProvider(
    asked: RequestOf<typeof SignInByProviderCall>,
    nowMs: number,
  ): Promise<StaffRow | 'not_invited' | 'another_subject'>
  changePassword(asked: RequestOf<typeof ChangePasswordCall>, nowMs: number): Promise<StaffRow | null>
  /** A new link; the ones before it end. */
  renewLink(staffId: string, link: { hash: string; expiresAt: Date }): Promise<StaffRow>
  acceptInvitation(asked: RequestOf<typeof AcceptInvitationCall>, nowMs: number): Promise<StaffRow | null>
}

export function createStaffAccess(database: Database, limits: SessionLimits): StaffAccess {
  const enter = async (
    work: Prisma.TransactionClient,
    staffId: string,
    { session, nowMs }: { session: NewSession; nowMs: number },
  ): Promise<StaffRow> => {
    await beginSession(work, staffId, session, { ...limits, nowMs })
    return work.staff.findUniqueOrThrow({ where: { id: staffId }, include: withRoles })
  }
  /** With another password all other sessions end, and all links. */
  const replacePassword = async (work: Prisma.TransactionClient, staffId: string, passwordHash: string) => {
    await work.staffSession.deleteMany({ where: { staffId } })
    await work.staffLink.deleteMany({ where: { staffId } })
    await work.staff.update({ where: { id: staffId }, data: { passwordHash } })
  }

  return {
    async offerSetup(link) {
      if ((await database.staff.count({ where: ableAdmins })) > 0) return false
      if (link) await database.staffLink.create({ data: link })
      return true
    },

    completeSetup({ linkHash, staffId, email, name, passwordHash, session }, nowMs) {
      return database.$transaction(async work => {
        await lockAdmins(work)
        const where = { hash: linkHash, staffId: null, expiresAt: { gt: new Date(nowMs) } }
        if ((await work.staff.count({ where: ableAdmins })) > 0) return null
        if ((await work.staffLink.count({ where })) === 0) return null
        await work.staffLink.deleteMany({ where: { staffId: null } })
        const admin = { name, isAdmin: true, disabled: false, passwordHash }
        const address = toEmail(email) ?? ''
        const { id } = await work.staff.upsert({
          where: { email: address },
          create: { id: staffId, email: address, ...admin },
          update: admin,
        })
        return enter(work, id, { session, nowMs })
      })
    },

    async findPassword(email) {
      const row = await database.staff.findUnique({ where: { email: toEmail(email) ?? '' } })
      if (!row?.passwordHash || row.disabled) return null
      return { staffId: row.id, passwordHash: row.passwordHash }
    },

    signIn({ staffId, passwordHash, session }, nowMs) {
      return database.$transaction(async work => {
        const where = { id: staffId, passwordHash, disabled: false }
        // Locked, so that a password which changes meanwhile ends this session, too.
        const { count } = await work.staff.updateMany({ where, data: { passwordHash } })
        return count === 0 ? null : enter(work, staffId, { session, nowMs })
      })
    },

    signInByProvider({ subject, email, name, makeAdmin, staffId, session }, nowMs) {
      return database.$transaction(async work => {
        await lockAdmins(work)
        const address = toEmail(email) ?? ''
        const known =
          (await work.staff.findUnique({ where: { oidcSubject: subject } })) ??
          (await work.staff.findUnique({ where: { email: address } }))
        if (known?.disabled || !(known || makeAdmin)) return 'not_invited'
        if (known?.oidcSubject && known.oidcSubject !== subject) return 'another_subject'
        const data = { oidcSubject: subject, ...(makeAdmin ? { isAdmin: true } : {}) }
        const { id } = known
          ? await work.staff.update({ where: { id: known.id }, data })
          : await work.staff.create({ data: { id: staffId, email: address, name, ...data } })
        return enter(work, id, { session, nowMs })
      })
    },

    changePassword({ staffId, before, passwordHash, session }, nowMs) {
      return database.$transaction(async work => {
        const where = { id: staffId, passwordHash: before, disabled: false }
        const { count } = await work.staff.updateMany({ where, data: { passwordHash } })
        if (count === 0) return null
        await replacePassword(work, staffId, passwordHash)
        return enter(work, staffId, { session, nowMs })
      })
    },

    renewLink(staffId, link) {
      return database.$transaction(async work => {
        const row = await work.staff.findUnique({ where: { id: staffId }, include: withRoles })
        if (!row) throw noSuchStaff()
        await work.staffLink.deleteMany({ where: { staffId } })
        await work.staffLink.create({ data: { ...link, staffId } })
        return row
      })
    },

    acceptInvitation({ linkHash, passwordHash, session }, nowMs) {
      return database.$transaction(async work => {
        const link = await work.staffLink.findUnique({ where: { hash: linkHash }, include: { staff: true } })
        if (!link?.staff || link.staff.disabled || link.expiresAt.getTime() <= nowMs) return null
        // Of two at the same moment, one finds it gone.
        if ((await work.staffLink.deleteMany({ where: { hash: linkHash } })).count === 0) return null
        await replacePassword(work, link.staff.id, passwordHash)
        return enter(work, link.staff.id, { session, nowMs })
      })
    },
  }
}
