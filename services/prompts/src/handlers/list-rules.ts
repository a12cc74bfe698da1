import type { ListRulesCall } from '@lectern/shared/contracts/prompts.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import type { Store } from '../store/store.ts'

/** `prompts.rules.list`: a course's rules, without those removed, newest first. */
export function listRules(store: Store): Handler<typeof ListRulesCall> {
  return request => store.listRules(request)
}
