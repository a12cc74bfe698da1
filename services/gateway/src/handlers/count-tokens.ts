import { LecternError } from '@lectern/shared/errors.ts'
import type { FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import type { AdmissionParts } from '../admission.ts'
import { boundOfPrompt, countable } from '../bound.ts'
import { refuseDeepNesting } from '../chat.ts'
import { type CountTokensBody, promptToChat } from '../doors/messages-request.ts'
import { EMPTY_POLICY, judge } from '../policy.ts'
import { modelTokens, type Registry } from '../upstream/registry.ts'

export const TokenCount = Type.Object({ input_tokens: Type.Integer() })

export interface CountTokensParts {
  admission: Pick<AdmissionParts, 'quota' | 'prompts' | 'tokenizer'>
  registry: Registry
}

/**
 * POST /v1/messages/count_tokens: about how many tokens a prompt has, the staff's prompt of the week and whatever its rules
 * add included, rather too many than too few. Counted here: it asks no provider and costs nothing.
 */
export function countTokens({ admission, registry }: CountTokensParts) {
  const { quota, prompts, tokenizer } = admission
  return async ({ body: asked, keyHash }: FastifyRequest): Promise<Static<typeof TokenCount>> => {
    refuseDeepNesting(asked as object)
    const body = promptToChat(asked as CountTokensBody)
    const identity = await quota.identify(keyHash)
    if (!identity) throw new LecternError('invalid_api_key')
    const deployments = registry.deploymentsOf(body.model, 'chat')
    const { courseId, week, models } = identity
    if (deployments.length === 0 || (models.length > 0 && !models.includes(body.model))) {
      throw new LecternError('model_not_found', { param: 'model' })
    }
    const policy = week === null ? EMPTY_POLICY : await prompts.policy(courseId, week)
    const { system } = await judge(policy, body, 'chat')
    const costs = modelTokens(deployments)
    const { texts, fixedTokens } = countable(body, system, costs)
    const counted =
      (await tokenizer.bound(texts, costs.vocabularies, keyHash)) ?? (await estimateOf(tokenizer, texts))
    return { input_tokens: Math.min(boundOfPrompt(body, system, costs), fixedTokens + counted) }
  }
}

/** All texts as one, of which the beginning is counted: however many there are, it takes milliseconds. */
async function estimateOf(tokenizer: AdmissionParts['tokenizer'], texts: string[]): Promise<number> {
  const [tokens = 0] = await tokenizer.estimate([texts.join('\n')])
  return tokens
}
