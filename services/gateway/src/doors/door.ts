import type { Usage } from '@lectern/shared/contracts/records.ts'
import type { LecternError } from '@lectern/shared/errors.ts'
import type { TSchema } from 'typebox'
import type { ChatBody } from '../chat.ts'
import type { Draft } from '../policy.ts'
import type { Operation } from '../upstream/provider.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The door that a route is. */
    door?: Door
    /** How the clients of a route are spoken to; default: as OpenAI's. */
    dialect?: Dialect
  }
}

/** What a kind of client expects of every answer, errors too. */
export interface Dialect {
  /** The header beside `x-request-id` in which that client looks for the id of its request. */
  requestIdHeader?: string
  errorBody(error: LecternError, requestId: string): object
}

/**
 * One way in: how the request of one kind of client becomes a chat request, which is all that policy, budget, providers and
 * records know, and how a chat answer becomes what that client expects. Behind every door is the same journey
 * (`handlers/completions.ts`).
 */
export interface Door extends Dialect {
  /** The route, and the `endpoint` of its records. */
  endpoint: string
  summary: string
  /** What a request must look like; for everything beyond it `toChat` throws `invalid_request`. */
  body: TSchema
  operation: Operation
  /** The chat request that this request is. A door that translates streams asks for the usage frame in it. */
  toChat(body: unknown): ChatBody
  /** Of a door for trials: what is tried. */
  draftOf?(body: unknown): Draft
  /** An answer in one piece, from the bytes of a chat completion; `usage` is what is charged for. */
  whole(completion: Buffer, opening: Opening, usage: Usage): Buffer | object
  stream(opening: Opening): DoorStream
}

/** What an answer is told of its request. */
export interface Opening {
  /** Names the request and its record. */
  id: string
  /** What `toChat` made of the request. */
  body: ChatBody
  /** The request as it came. */
  original: unknown
}

/** One streamed answer on its way through a door: whole frames of a chat stream in, this door's bytes out. */
export interface DoorStream {
  /** The bytes for what came; none where it means nothing here. */
  push(frames: Buffer): Buffer | string
  /** What ends a complete answer: sent only when its record is durable; `usage` is what is charged for. */
  end(usage: Usage): string
  /** What ends one that broke off. */
  fail(error: LecternError): string
}
