import type { Call, RequestOf } from '@lectern/shared/contracts/call.ts'
import * as contract from '@lectern/shared/contracts/me.ts'
import type { Handler, Responder } from '@lectern/shared/nats/responder.ts'
import { refuseUnstorable } from '@lectern/shared/plain-text.ts'
import type { FollowUp } from './follow-up.ts'
import { findJoin, join } from './handlers/join.ts'
import * as me from './handlers/me.ts'
import type { Stores } from './store/stores.ts'

/** What the handlers of `quota.me.*` and `quota.join.*` share. */
export interface MeParts extends Stores {
  followUp: FollowUp
}

/** What students ask on their own page, through the console. */
export function answerStudents(responder: Responder, parts: MeParts): void {
  const on = <C extends Call>(call: C, handler: (parts: MeParts) => Handler<C>) => {
    const handle = handler(parts)
    responder.on(call, async (request: RequestOf<C>) => {
      refuseUnstorable(request)
      return handle(request)
    })
  }
  on(contract.FindJoinCall, findJoin)
  on(contract.JoinCall, join)
  on(contract.OpenStudentSessionCall, me.openSession)
  on(contract.FindStudentSessionCall, me.findSession)
  on(contract.EndStudentSessionCall, me.endSession)
  on(contract.RotateOwnKeyCall, me.rotateOwnKey)
  on(contract.MintSessionKeyCall, me.mintSessionKey)
  on(contract.UseByDayCall, me.useByDay)
}
