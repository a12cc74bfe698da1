import { Type } from 'typebox'
import { defineCall } from './call.ts'
import { ModelName } from './fields.ts'

/** What gateways offer. Answered by any gateway, asked by the console. */

/** The models of the providers file, in its order. */
export const ListModelsCall = defineCall(
  'gateway.models',
  Type.Object({}),
  Type.Object({
    items: Type.Array(
      Type.Object({
        name: ModelName,
        /** What it can be asked for: chat, embeddings, or both. */
        operations: Type.Array(Type.Enum(['chat', 'embeddings'])),
      }),
    ),
  }),
)
