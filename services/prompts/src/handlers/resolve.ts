import type { Clock } from '@lectern/shared/clock.ts'
import type { ResolveCall } from '@lectern/shared/contracts/prompts.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import type { CourseCache } from '../cache.ts'
import { policyOf } from '../course.ts'

/** `prompts.resolve`: what is in force for a course in a week. A course without prompts has an empty policy. */
export function resolve(cache: CourseCache, clock: Clock): Handler<typeof ResolveCall> {
  return async ({ courseId, week }) => policyOf(await cache.get(courseId), week, clock.nowMs())
}
