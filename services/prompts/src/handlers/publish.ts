import type { PublishCall } from '@lectern/shared/contracts/prompts.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import { refuseUnstorable } from '@lectern/shared/plain-text.ts'
import type { Announcer } from '../changes.ts'
import type { Store } from '../store/store.ts'
import { checkWeeks } from '../weeks.ts'

/** `prompts.publish`: a new version, in force everywhere within a second. */
export function publish(store: Store, announcer: Announcer): Handler<typeof PublishCall> {
  return async request => {
    checkWeeks(request)
    refuseUnstorable(request)
    const version = await store.publish(request)
    await announcer.announce(request.courseId)
    return version
  }
}
