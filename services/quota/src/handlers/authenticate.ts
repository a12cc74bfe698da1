import type { AuthenticateCall } from '@lectern/shared/contracts/quota.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import { stretchAt } from '@lectern/shared/week.ts'
import type { WithLoading } from '../loader.ts'
import type { Policies } from '../store/policies.ts'
import type { RedisClock } from '../store/redis-clock.ts'

/** `quota.authenticate`: who a key belongs to, and what the course allows. */
export function authenticate({
  policies,
  withLoading,
  clock,
}: {
  policies: Policies
  withLoading: WithLoading
  clock: RedisClock
}): Handler<typeof AuthenticateCall> {
  return async ({ keyHash }) => {
    const { owner } = await withLoading(() => policies.findOwner(keyHash))
    if (!owner) return { known: false }
    const { studentId, course } = owner
    const { id: courseId, stretches, models, defaultMaxTokens } = course
    const week = stretchAt(stretches, clock.nowMs())?.week ?? null
    return { known: true, studentId, courseId, week, defaultMaxTokens, models }
  }
}
