import type { Clock } from '@lectern/shared/clock.ts'
import type { PreviewCall } from '@lectern/shared/contracts/prompts.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import { compilePolicy, hitsOf, verdictOf, withDraft, withSystem } from '@lectern/shared/policy.ts'
import type { CourseCache } from '../cache.ts'
import { policyOf } from '../course.ts'

/** `prompts.preview`: nothing is kept or sent; the gateway would do just this. */
export function preview(cache: CourseCache, clock: Clock): Handler<typeof PreviewCall> {
  return async ({ courseId, week, question, text }) => {
    const policy = compilePolicy(policyOf(await cache.get(courseId), week, clock.nowMs()))
    const { prompt, rules } = text === undefined ? policy : withDraft(policy, text)
    const { system, blockedWith, hits } = verdictOf({ prompt, hits: await hitsOf(rules, [question]) })
    const asked = [{ role: 'user', content: question }]
    return {
      messages: blockedWith === null ? withSystem(system, asked) : [],
      blockedWith,
      hits,
      version: text === undefined ? (policy.prompt?.version ?? null) : null,
    }
  }
}
