import type { RemoveRuleCall } from '@lectern/shared/contracts/prompts.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import { refuseUnstorable } from '@lectern/shared/plain-text.ts'
import type { Announcer } from '../changes.ts'
import type { Store } from '../store/store.ts'

/** `prompts.rules.remove`: the rule ends; records that it hit still name it. */
export function removeRule(store: Store, announcer: Announcer): Handler<typeof RemoveRuleCall> {
  return async ({ courseId, ruleId }) => {
    refuseUnstorable({ ruleId })
    const rule = await store.removeRule(courseId, ruleId)
    await announcer.announce(courseId)
    return rule
  }
}
