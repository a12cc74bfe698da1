import type { DemoOptions } from '../config.ts'
import { ApiError } from '../errors.ts'
import type { Call } from '../routes.ts'

// A fixed date (1 January 2026), so that two starts give the same list.
const CREATED = 1_767_225_600

const modelOf = (id: string) => ({ id, object: 'model', created: CREATED, owned_by: 'lectern-demo' })

const namesOf = ({ models, embeddingModels }: DemoOptions) => [...models, ...embeddingModels]

/** GET /v1/models. */
export async function listModels({ exchange, options }: Call): Promise<void> {
  await exchange.json(200, { object: 'list', data: namesOf(options).map(modelOf) })
}

/** GET /v1/models/:model. */
export async function showModel({ exchange, options, path }: Call): Promise<void> {
  const id = path.slice('/v1/models/'.length)
  if (!namesOf(options).includes(id)) {
    throw new ApiError(404, `The model '${id}' does not exist`, { code: 'model_not_found', param: 'model' })
  }
  await exchange.json(200, modelOf(id))
}
