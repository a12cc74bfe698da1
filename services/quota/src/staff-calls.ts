import type { Call, RequestOf } from '@lectern/shared/contracts/call.ts'
import * as contract from '@lectern/shared/contracts/staff.ts'
import type { Handler, Responder } from '@lectern/shared/nats/responder.ts'
import { refuseUnstorable } from '@lectern/shared/plain-text.ts'
import * as access from './handlers/staff-access.ts'
import * as members from './handlers/staff-members.ts'
import type { StaffParts } from './handlers/staff-parts.ts'

/** Who the staff are, and who of them is signed in: what the console asks for each of its requests. */
export function answerIdentity(responder: Responder, parts: StaffParts): void {
  const on = <C extends Call>(call: C, handler: (parts: StaffParts) => Handler<C>) => {
    const handle = handler(parts)
    responder.on(call, async (request: RequestOf<C>) => {
      refuseUnstorable(request)
      return handle(request)
    })
  }
  on(contract.OfferSetupCall, access.offerSetup)
  on(contract.CompleteSetupCall, access.completeSetup)
  on(contract.TrySignInCall, access.trySignIn)
  on(contract.SignInCall, access.signIn)
  on(contract.SignInByProviderCall, access.signInByProvider)
  on(contract.GetSessionCall, access.getSession)
  on(contract.EndSessionCall, access.endSession)
  on(contract.ChangePasswordCall, access.changePassword)
  on(contract.AcceptInvitationCall, access.acceptInvitation)
  on(contract.ListStaffCall, members.listStaff)
  on(contract.InviteStaffCall, members.inviteStaff)
  on(contract.InviteToCourseCall, members.inviteToCourse)
  on(contract.RenewLinkCall, members.renewLink)
  on(contract.UpdateStaffCall, members.updateStaff)
  on(contract.PutRoleCall, members.putRole)
  on(contract.RemoveRoleCall, members.removeRole)
  on(contract.ListRolesCall, members.listRoles)
}
