import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Policy } from './contracts/prompts.ts'
import { compilePattern, type Pattern } from './rules.ts'

/** What a week's prompt and rules make of a text: the gateway applies it, and the staff's preview shows it. */

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
  /** The prompt that applies; null: none. */
  prompt: Policy['prompt']
}

/** Compiles a policy's patterns once, for all requests it will meet. Throws on a pattern that is not valid. */
export function compilePolicy(policy: Pick<Policy, 'prompt' | 'rules'>): CompiledPolicy {
  return {
    prompt: policy.prompt,
    rules: policy.rules.map(rule => ({ rule, pattern: compilePattern(rule.pattern) })),
  }
}

/** The same with a prompt that is not published. */
export function withDraft(policy: CompiledPolicy, text: string): CompiledPolicy {
  return { ...policy, prompt: { id: 'draft', version: 0, text } }
}

/**
 * Matching takes about 0.01 ms for 1,000 characters, ten times that where a pattern is too much for its automaton. A longer
 * text is matched in overlapping windows, and between two of them everybody else's streams move on; only a match that is itself
 * longer than the overlap can be missed.
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

/** The rules whose pattern is found in one of the texts. */
export async function hitsOf(rules: CompiledPolicy['rules'], texts: readonly string[]): Promise<Rule[]> {
  const hits = new Set<Rule>()
  let matched = 0
  for (const { rule, pattern } of rules) {
    for (const text of texts) {
      if (text.length <= WINDOW ? pattern.matches(text) : await matchesAnywhere(pattern, text)) hits.add(rule)
      if (hits.has(rule)) break
      matched += text.length
      // Many short texts are as much work as a long one.
      if (matched > WINDOW) {
        matched = 0
        await nextTurn()
      }
    }
  }
  return [...hits]
}

/** The first block wins; every guide that matched adds its text. */
export function verdictOf({ prompt, hits }: { prompt: Policy['prompt']; hits: Rule[] }): Verdict {
  const guides = hits.filter(rule => rule.kind === 'guide').map(rule => rule.message)
  const texts = [...(prompt ? [prompt.text] : []), ...guides]
  return {
    system: texts.length > 0 ? texts.join('\n\n') : null,
    blockedWith: hits.find(rule => rule.kind === 'block')?.message ?? null,
    hits: hits.map(({ id, kind }) => ({ id, kind })),
    prompt,
  }
}

/** The messages for the model: the staff's text comes first; a student's own system messages keep their place behind it. */
export function withSystem<M extends object>(
  system: string | null,
  messages: readonly M[],
): (M | { role: 'system'; content: string })[] {
  return system === null ? [...messages] : [{ role: 'system', content: system }, ...messages]
}
