import type { OwnBalanceCall } from '@lectern/shared/contracts/quota.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import { stretchAt } from '@lectern/shared/week.ts'
import { toBalance } from '../account.ts'
import type { ReadAmounts } from '../amounts.ts'
import type { WithLoading } from '../loader.ts'
import type { Policies } from '../store/policies.ts'
import type { RedisClock } from '../store/redis-clock.ts'

/** `quota.balance`: the running week of a key's owner. */
export function ownBalance({
  policies,
  readAmounts,
  withLoading,
  clock,
}: {
  policies: Policies
  readAmounts: ReadAmounts
  withLoading: WithLoading
  clock: RedisClock
}): Handler<typeof OwnBalanceCall> {
  return async ({ keyHash }) => {
    const { owner } = await withLoading(() => policies.findOwner(keyHash))
    if (!owner) return { known: false, reason: 'invalid_api_key' }
    const { studentId, course } = owner
    const running = stretchAt(course.stretches, clock.nowMs())
    if (!running) return { known: false, reason: 'course_closed' }
    const account = { courseId: course.id, studentId, week: running.week }
    return { known: true, balance: toBalance(account, await readAmounts(account), running.endsAtMs) }
  }
}
