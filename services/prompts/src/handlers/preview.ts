import type { Clock } from '@lectern/shared/clock.ts'
import type { PreviewCall } from '@lectern/shared/contracts/prompts.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import { compilePolicy, hitsOf, verdictOf, withSystem } from '@lectern/shared/policy.ts'
import type { CourseCache } from '../cache.ts'
import { policyOf } from '../course.ts'

/** Stands for a version where a text is tried that is none yet. */
const DRAFT = { id: 'draft', version: 0 }

/** `prompts.preview`: nothing is kept or sent; the gateway would do just this. */
export function preview(cache: CourseCache, clock: Clock): Handler<typeof PreviewCall> {
  return async ({ courseId, week, question, text }) => {
    const policy = policyOf(await cache.get(courseId), week, clock.nowMs())
    const prompt = text === undefined ? policy.prompt : { ...DRAFT, text }
    const { rules } = compilePolicy(policy)
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
