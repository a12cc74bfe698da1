import type { Clock } from '@lectern/shared/clock.ts'
import type { PublishCall } from '@lectern/shared/contracts/prompts.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import { refuseUnstorable } from '@lectern/shared/plain-text.ts'
import type { Announcer } from '../changes.ts'
import type { Store } from '../store/store.ts'
import { checkTime } from '../time.ts'
import { checkWeeks } from '../weeks.ts'

/** `prompts.publish`: a new version, in force everywhere within a second, or of its time. */
export function publish(store: Store, announcer: Announcer, clock: Clock): Handler<typeof PublishCall> {
  return async request => {
    checkWeeks(request)
    checkTime(request.publishAt, clock.nowMs())
    refuseUnstorable(request)
    const version = await store.publish(request)
    await announcer.announce(request.courseId)
    return version
  }
}
