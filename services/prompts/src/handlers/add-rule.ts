import type { AddRuleCall } from '@lectern/shared/contracts/prompts.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import { refuseUnstorable } from '@lectern/shared/plain-text.ts'
import { compilePattern } from '@lectern/shared/rules.ts'
import type { Announcer } from '../changes.ts'
import type { Store } from '../store/store.ts'
import { checkWeeks } from '../weeks.ts'

/** `prompts.rules.add`: a new block or guide rule. A pattern that gateways could not run is refused here. */
export function addRule(store: Store, announcer: Announcer): Handler<typeof AddRuleCall> {
  return async request => {
    checkWeeks(request)
    refuseUnstorable(request)
    compilePattern(request.pattern)
    const rule = await store.addRule(request)
    await announcer.announce(request.courseId)
    return rule
  }
}
