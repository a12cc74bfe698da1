import type { LecternError } from '@lectern/shared/errors.ts'
import type { ChatBody } from '../chat.ts'
import type { Deployment } from './provider.ts'

/**
 * Those deployments of a model that can answer this request; where none can, throws what the first says about it. So a
 * request that a kind of provider has no words for goes to another kind under the same name, or is refused with nothing held.
 */
export function ableOf(deployments: readonly Deployment[], body: ChatBody): readonly Deployment[] {
  let refusal: LecternError | null = null
  const able = deployments.filter(({ provider }) => {
    const refused = provider.refuses?.(body) ?? null
    refusal ??= refused
    return refused === null
  })
  if (able.length === 0 && refusal) throw refusal
  return able
}
