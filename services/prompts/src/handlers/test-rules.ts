import type { TestRulesCall } from '@lectern/shared/contracts/prompts.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import { rulesInForce } from '@lectern/shared/prompt-schedule.ts'
import { compilePattern } from '@lectern/shared/rules.ts'
import type { CourseCache } from '../cache.ts'

/** More places than anybody looks at, and a bound for a pattern that is found at each character. */
const MOST_PLACES = 200

/** `prompts.rules.test`: with the patterns as the gateway compiles them. */
export function testRules(cache: CourseCache): Handler<typeof TestRulesCall> {
  return async ({ courseId, text, week, pattern }) => {
    const { rules } = await cache.get(courseId)
    const asked = week === undefined ? rules : rulesInForce(rules, week)
    const hits = asked.map(rule => ({ rule, places: compilePattern(rule.pattern).find(text, MOST_PLACES) }))
    return {
      hits: hits.filter(({ places }) => places.length > 0),
      places: pattern === undefined ? null : compilePattern(pattern).find(text, MOST_PLACES),
    }
  }
}
