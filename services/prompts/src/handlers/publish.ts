import type { PublishCall } from '@lectern/shared/contracts/prompts.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import type { Announcer } from '../changes.ts'
import { checkText, checkWeeks } from '../input.ts'
import type { Store } from '../store/store.ts'

/** `prompts.publish`: a new version, in force everywhere within a second. */
export function publish(store: Store, announcer: Announcer): Handler<typeof PublishCall> {
  return async request => {
    checkWeeks(request)
    checkText('text', request.text)
    const version = await store.publish(request)
    await announcer.announce(request.courseId)
    return version
  }
}
