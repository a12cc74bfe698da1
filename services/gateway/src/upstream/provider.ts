import type { IncomingHttpHeaders } from 'node:http'
import type { Usage } from '@lectern/shared/contracts/records.ts'
import type { LecternError } from '@lectern/shared/errors.ts'
import type { ChatBody } from '../chat.ts'
import type { Vocabulary } from '../token-count.ts'
import type { Allowance } from './allowance.ts'
import type { ApiKeys } from './api-keys.ts'
import type { Breaker } from './breaker.ts'
import type { Exchange } from './exchange.ts'
import type { Refusal, UpstreamFailure } from './failure.ts'
import type { Load } from './load.ts'
import type { ServerAddress } from './origin.ts'
import type { EventPart } from './sse.ts'
import type { Answer } from './transcript.ts'

/** What a model is asked for. */
export type Operation = 'chat' | 'embeddings'

/** What a provider must know to answer one request. */
export interface ModelCall {
  operation: Operation
  /** The chat request; of another operation what policy and budget see of it. */
  body: ChatBody
  /** The request as the client sent it. */
  original: unknown
  /** The staff's text, which goes before everything else; null: none. */
  system: string | null
  /** The most tokens that it may use, prompt and answers: what was held. */
  mostTokens: number
  /** Cap of output tokens per choice that the hold covers: always sent. */
  maxOutputTokens: number
  /** The student under a name that only we can read. */
  user: string
  /** The student's own key at the provider, which takes the place of ours. */
  ownKey?: string | undefined
}

/** One model at one provider, under its public name. */
export interface Deployment {
  provider: Provider
  publicName: string
  operation: Operation
  /** The provider's own name of the model. */
  model: string
  weight: number
  /** Which field carries the cap; null: as the client wrote it. */
  maxOutputField: 'max_tokens' | 'max_completion_tokens' | null
  imageTokens: number
  vocabulary: Vocabulary | 'other'
  breaker: Breaker
  load: Load
  /** Null: the provider sets no limits. */
  allowance: Allowance | null
}

/** One event of a provider's stream, in OpenAI's form whatever the provider speaks. */
export type Frame =
  | { kind: 'data'; bytes: Buffer; part: Exclude<EventPart, 'tail'> }
  /** The rest of the line end of the frame before: it goes where that one went. */
  | { kind: 'tail'; bytes: Buffer }
  /** Says nothing (a keep-alive). */
  | { kind: 'comment'; bytes: Buffer }
  /** `alone`: the frame carries nothing else, so that a client who did not ask for it loses nothing. */
  | { kind: 'usage'; bytes: Buffer; usage: Usage; alone: boolean }
  | { kind: 'error'; failure: UpstreamFailure }
  | { kind: 'done' }

/** Reads one stream: bytes in, frames out. */
export interface StreamReader {
  push(chunk: Buffer, take: (frame: Frame) => void): void
  end(take: (frame: Frame) => void): void
}

/** An answer that came in one piece. */
export interface WholeAnswer {
  /** What the client gets, in OpenAI's form. */
  bytes: Buffer
  usage: Usage | null
  answers: Answer[]
}

/** Everything vendor-specific, in one small file per kind. */
export interface Provider {
  name: string
  server: ServerAddress
  keys: ApiKeys
  /** Why it can answer no request like this, in words that help; null where it can. */
  refuses?(body: ChatBody): LecternError | null
  /** Begins a request; its `head` may still fail. */
  send(call: ModelCall, deployment: Deployment, totalMs: number): Exchange
  reader(): StreamReader
  /** Throws an UpstreamFailure where the bytes are not an answer. */
  readWhole(bytes: Buffer, operation: Operation): WholeAnswer
  /** Whether the answer is a stream, as was asked. */
  isStream(headers: IncomingHttpHeaders): boolean
  explain(refusal: Refusal): UpstreamFailure
  close(): Promise<void>
}
