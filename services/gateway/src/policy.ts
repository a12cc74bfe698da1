import { LecternError } from '@lectern/shared/errors.ts'
import { type CompiledPolicy, hitsOf, type Verdict, verdictOf } from '@lectern/shared/policy.ts'
import { type ChatBody, textOf, tokenIdsIn } from './chat.ts'
import type { Operation } from './upstream/provider.ts'

/** What staff try: a prompt that is not published, with the rules of a week. */
export interface Draft {
  week: number
  text: string
}

/** Outside the weeks of a course nothing is in force, and nothing is answered either. */
export const EMPTY_POLICY: CompiledPolicy = { prompt: null, rules: [] }

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
