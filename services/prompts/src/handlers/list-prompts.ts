import type { ListPromptsCall } from '@lectern/shared/contracts/prompts.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import type { Store } from '../store/store.ts'

/** `prompts.list`: a course's versions, newest first. */
export function listPrompts(store: Store): Handler<typeof ListPromptsCall> {
  return request => store.listVersions(request)
}
