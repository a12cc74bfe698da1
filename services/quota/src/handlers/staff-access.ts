import type {
  AcceptInvitationCall,
  ChangePasswordCall,
  CompleteSetupCall,
  EndSessionCall,
  GetSessionCall,
  OfferSetupCall,
  SignInByProviderCall,
  SignInCall,
  TrySignInCall,
} from '@lectern/shared/contracts/staff.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import { type StaffRow, toIdentity } from '../staff.ts'
import type { StaffParts } from './staff-parts.ts'

/** Whoever starts Lectern reads its log within the day; a restart prints another link. */
const SETUP_LINK_MS = 24 * 3_600_000

const enteredAs = (row: StaffRow) => ({ accepted: true as const, user: toIdentity(row) })
const refusedFor = <R extends string>(reason: R) => ({ accepted: false as const, reason })

/** `staff.setup.offer` */
export const offerSetup =
  ({ access, clock }: StaffParts): Handler<typeof OfferSetupCall> =>
  async ({ linkHash }) => {
    const expiresAt = new Date(clock.nowMs() + SETUP_LINK_MS)
    return { needed: await access.offerSetup(linkHash === undefined ? null : { hash: linkHash, expiresAt }) }
  }

/** `staff.setup.complete` */
export const completeSetup =
  ({ access, clock }: StaffParts): Handler<typeof CompleteSetupCall> =>
  async asked => {
    const row = await access.completeSetup(asked, clock.nowMs())
    return row ? enteredAs(row) : refusedFor('link')
  }

/** `staff.sign-in.try`: a try is taken before the account is even looked for. */
export const trySignIn =
  ({ access, tries, clock }: StaffParts): Handler<typeof TrySignInCall> =>
  async ({ address, email }) => {
    const retryAfterMs = await tries.take({ address, email }, clock.nowMs())
    if (retryAfterMs !== null) return { allowed: false, retryAfterMs }
    return { allowed: true, account: email === undefined ? null : await access.findPassword(email) }
  }

/** `staff.sign-in.complete` */
export const signIn =
  ({ access, tries, clock }: StaffParts): Handler<typeof SignInCall> =>
  async asked => {
    const row = await access.signIn(asked, clock.nowMs())
    if (!row) return refusedFor('credentials')
    await tries.giveBack({ address: asked.address, email: row.email }, clock.nowMs())
    return enteredAs(row)
  }

/** `staff.sign-in.by-provider` */
export const signInByProvider =
  ({ access, clock }: StaffParts): Handler<typeof SignInByProviderCall> =>
  async asked => {
    const found = await access.signInByProvider(asked, clock.nowMs())
    return typeof found === 'string' ? refusedFor(found) : enteredAs(found)
  }

/** `staff.sessions.get` */
export const getSession =
  ({ sessions, clock }: StaffParts): Handler<typeof GetSessionCall> =>
  async ({ hash }) => {
    const row = await sessions.find(hash, clock.nowMs())
    return { user: row && toIdentity(row) }
  }

/** `staff.sessions.end` */
export const endSession =
  ({ sessions }: StaffParts): Handler<typeof EndSessionCall> =>
  async ({ hash }) => ({ ended: await sessions.end(hash) })

/** `staff.password.change` */
export const changePassword =
  ({ access, tries, clock }: StaffParts): Handler<typeof ChangePasswordCall> =>
  async asked => {
    const row = await access.changePassword(asked, clock.nowMs())
    if (!row) return refusedFor('credentials')
    await tries.giveBack({ address: asked.address, email: row.email }, clock.nowMs())
    return enteredAs(row)
  }

/** `staff.invitations.accept` */
export const acceptInvitation =
  ({ access, clock }: StaffParts): Handler<typeof AcceptInvitationCall> =>
  async asked => {
    const row = await access.acceptInvitation(asked, clock.nowMs())
    return row ? enteredAs(row) : refusedFor('link')
  }
