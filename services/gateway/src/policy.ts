import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Policy } from '@lectern/shared/contracts/prompts.ts'
import { compilePattern, type Pattern } from '@lectern/shared/rules.ts'
import { type ChatBody, textOf } from './chat.ts'

type Rule = Policy['rules'][number]

/** The week's prompt and rules, ready to be applied. */
export interface CompiledPolicy {
  prompt: Policy['prompt']
  rules: readonly { rule: Rule; pattern: Pattern }[]
}

/** What the policy makes of one request. */
export interface Verdict {
  /** The staff's system prompt with the texts of the guides that matched; null: nothing to add. */
  system: string | null
  /** The staff's answer instead of a model's; null: not blocked. */
  blockedWith: string | null
  hits: { id: string; kind: 'block' | 'guide' }[]
  prompt: Policy['prompt']
}

/** Outside the weeks of a course nothing is in force, and nothing is answered either. */
export const EMPTY_POLICY: CompiledPolicy = { prompt: null, rules: [] }

/**
 * Matching takes about 0.1 ms for 1,000 characters. A longer text is matched in overlapping windows, and between two of
 * them everybody else's streams move on; only a match that is itself longer than the overlap can be missed.
 */
const WINDOW = 32_768
const OVERLAP = 8192

async function matchesAnywhere(pattern: Pattern, text: string): Promise<boolean> {
  for (let from = 0; from + OVERLAP < text.length; from += WINDOW - OVERLAP) {
    if (pattern.matches(text.slice(from, from + WINDOW))) return true
    await nextTurn()
  }
  return false
}

/** Compiles a policy's patterns once, for all requests it will meet. Throws on a pattern that is not valid. */
export function compilePolicy(policy: Policy): CompiledPolicy {
  return {
    prompt: policy.prompt,
    rules: policy.rules.map(rule => ({ rule, pattern: compilePattern(rule.pattern) })),
  }
}

/** Applies the rules to the newest user message. The first block wins; every guide that matches adds its text. */
export async function judge(policy: CompiledPolicy, body: ChatBody): Promise<Verdict> {
  const text = textOf(body.messages.findLast(message => message.role === 'user'))
  const hits: Rule[] = []
  for (const { rule, pattern } of policy.rules) {
    if (text.length <= WINDOW ? pattern.matches(text) : await matchesAnywhere(pattern, text)) hits.push(rule)
  }
  const guides = hits.filter(rule => rule.kind === 'guide').map(rule => rule.message)
  const texts = [...(policy.prompt ? [policy.prompt.text] : []), ...guides]
  return {
    system: texts.length > 0 ? texts.join('\n\n') : null,
    blockedWith: hits.find(rule => rule.kind === 'block')?.message ?? null,
    hits: hits.map(({ id, kind }) => ({ id, kind })),
    prompt: policy.prompt,
  }
}
