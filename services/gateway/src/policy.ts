import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Policy } from '@lectern/shared/contracts/prompts.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import { compilePattern, type Pattern } from '@lectern/shared/rules.ts'
import { type ChatBody, textOf, tokenIdsIn } from './chat.ts'
import type { Operation } from './upstream/provider.ts'

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

/**
 * Applies the rules to the newest user message. The first block wins; every guide that matches adds its text. Who asks for
 * embeddings asks nobody who could be instructed: each of the texts may be blocked, and nothing is added to any. Throws where
 * a block rule would have to be applied to token ids.
 */
export async function judge(
  policy: CompiledPolicy,
  { messages }: ChatBody,
  operation: Operation,
): Promise<Verdict> {
  if (operation === 'embeddings') {
    const blocks = policy.rules.filter(({ rule }) => rule.kind === 'block')
    if (blocks.length > 0 && messages.some(message => tokenIdsIn(message) > 0)) throw unreadable()
    return verdictOf({ prompt: null, hits: await hitsOf(blocks, messages.map(textOf)) })
  }
  const newest = textOf(messages.findLast(message => message.role === 'user'))
  return verdictOf({ prompt: policy.prompt, hits: await hitsOf(policy.rules, [newest]) })
}

/** What nobody can read must not be a way around a rule. */
function unreadable(): LecternError {
  return new LecternError('invalid_request', {
    message:
      'Your course has rules that cannot be applied to token ids: send texts instead (in LangChain: check_embedding_ctx_length=False).',
    param: 'input',
  })
}

/** The rules whose pattern is found in one of the texts. */
async function hitsOf(rules: CompiledPolicy['rules'], texts: readonly string[]): Promise<Rule[]> {
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

function verdictOf({ prompt, hits }: { prompt: Policy['prompt']; hits: Rule[] }): Verdict {
  const guides = hits.filter(rule => rule.kind === 'guide').map(rule => rule.message)
  const texts = [...(prompt ? [prompt.text] : []), ...guides]
  return {
    system: texts.length > 0 ? texts.join('\n\n') : null,
    blockedWith: hits.find(rule => rule.kind === 'block')?.message ?? null,
    hits: hits.map(({ id, kind }) => ({ id, kind })),
    prompt,
  }
}
