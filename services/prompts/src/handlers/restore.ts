import type { Clock } from '@lectern/shared/clock.ts'
import type { RestoreCall, WithdrawCall } from '@lectern/shared/contracts/prompts.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import type { Announcer } from '../changes.ts'
import type { Store } from '../store/store.ts'
import { checkTime } from '../time.ts'

/** `prompts.restore`: back to an earlier text, by a new version: what was in force when can always be told. */
export function restore(store: Store, announcer: Announcer, clock: Clock): Handler<typeof RestoreCall> {
  return async ({ courseId, version, publishAt }) => {
    checkTime(publishAt, clock.nowMs())
    const { fromWeek, toWeek, text } = await store.findVersion(courseId, version)
    const at = publishAt === undefined ? {} : { publishAt }
    const restored = await store.publish({ courseId, fromWeek, toWeek, text, ...at })
    await announcer.announce(courseId)
    return restored
  }
}

/** `prompts.withdraw` */
export function withdraw(store: Store, announcer: Announcer): Handler<typeof WithdrawCall> {
  return async ({ courseId, version }) => {
    const withdrawn = await store.withdraw(courseId, version)
    await announcer.announce(courseId)
    return withdrawn
  }
}
