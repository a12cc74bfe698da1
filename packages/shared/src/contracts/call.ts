import type { Static, TSchema } from 'typebox'

/**
 * One request-reply conversation on the bus: a subject, the shape of the question and of the answer. Both ends
 * validate against it. A refusal that is part of the business (no budget, unknown key) is an answer, not an error.
 */
export interface Call<Q extends TSchema = TSchema, A extends TSchema = TSchema> {
  readonly subject: string
  readonly request: Q
  readonly reply: A
}

export type RequestOf<C extends Call> = Static<C['request']>
export type ReplyOf<C extends Call> = Static<C['reply']>

export function defineCall<Q extends TSchema, A extends TSchema>(
  subject: string,
  request: Q,
  reply: A,
): Call<Q, A> {
  return { subject, request, reply }
}
