import { AppendAuditCall, ListAuditCall } from '@lectern/shared/contracts/audit.ts'
import type { Responder } from '@lectern/shared/nats/responder.ts'
import { refuseUnstorable } from '@lectern/shared/plain-text.ts'
import type { Audit } from '../store/audit.ts'

/** `audit.append` answers when the entry is committed: the console does nothing before. `audit.list`: newest first. */
export function answerAudit(responder: Responder, audit: Audit): void {
  responder.on(AppendAuditCall, async entry => {
    refuseUnstorable(entry)
    await audit.append(entry)
    return {}
  })
  responder.on(ListAuditCall, async filter => {
    refuseUnstorable(filter)
    return audit.list(filter)
  })
}
