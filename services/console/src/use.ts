import type { Course, Prices } from '@lectern/shared/contracts/courses.ts'
import type { ModelUse } from '@lectern/shared/contracts/use.ts'
import { isOutside, stretchesOf } from '@lectern/shared/week.ts'

/** What the console adds to the sums of the logger from what a course says. Pure. */

/** The week that staff want to see: the running one, in a break or after the end the last one that began, else the first. */
export function currentWeek(course: Course, nowMs: number): number {
  const begun = stretchesOf(course).filter(({ week, startsAtMs }) => !isOutside(week) && startsAtMs <= nowMs)
  return begun.at(-1)?.week ?? 1
}

/** What a model has cost the course; null: the course names no price for it. */
export function costOf({ model, paid }: ModelUse, prices: Record<string, Prices> = {}): number | null {
  const price = Object.hasOwn(prices, model) ? prices[model] : undefined
  if (!price) return null
  const uncached = paid.inputTokens - paid.cachedTokens
  const millionths =
    uncached * price.input + paid.cachedTokens * price.cachedInput + paid.outputTokens * price.output
  return Math.round(millionths / 100) / 10_000
}

/** From this share of the week's allowance on, a student is near the limit. */
const NEAR_SHARE = 0.8

export function isNearLimit({ granted, remaining }: { granted: number; remaining: number }): boolean {
  return granted > 0 && remaining <= granted * (1 - NEAR_SHARE)
}

/** Whether a student may be near the limit, by what was charged: an extension is only known when quota is asked. */
export function mayBeNear(chargeTokens: number, course: Course): boolean {
  return chargeTokens >= course.weeklyTokens * NEAR_SHARE
}
