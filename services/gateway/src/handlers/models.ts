import { LecternError } from '@lectern/shared/errors.ts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import type { QuotaClient } from '../clients/quota.ts'
import type { Registry } from '../upstream/registry.ts'

export const Model = Type.Object({
  id: Type.String(),
  object: Type.Literal('model'),
  created: Type.Integer(),
  owned_by: Type.String(),
})
export const ModelList = Type.Object({ object: Type.Literal('list'), data: Type.Array(Model) })

export interface ModelsParts {
  quota: QuotaClient
  registry: Registry
}

/** Says nothing, but OpenAI's shape has it: when this gateway learned of its models. */
const CREATED_S = Math.floor(Date.now() / 1000)

/** GET /v1/models: what the caller's course allows of what is configured. */
export function listModels(parts: ModelsParts) {
  return async (request: FastifyRequest): Promise<Static<typeof ModelList>> => ({
    object: 'list',
    data: (await allowedNames(parts, request)).map(toModel),
  })
}

/** GET /v1/models/<name>; a name may contain slashes. */
export function showModel(parts: ModelsParts) {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const { '*': name } = request.params as { '*': string }
    const names = await allowedNames(parts, request)
    if (!names.includes(name)) throw new LecternError('model_not_found', { param: 'model' })
    return reply.send(toModel(name))
  }
}

async function allowedNames({ quota, registry }: ModelsParts, request: FastifyRequest): Promise<string[]> {
  // Asked now, not taken from the cache: staff who have just allowed a model want to see it.
  const identity = await quota.identifyNow(request.keyHash)
  if (!identity) throw new LecternError('invalid_api_key')
  const { models } = identity
  return registry.names.filter(name => models.length === 0 || models.includes(name))
}

function toModel(id: string): Static<typeof Model> {
  return { id, object: 'model', created: CREATED_S, owned_by: 'lectern' }
}
