import { ModelName, Nullable } from '@lectern/shared/contracts/fields.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import { type Static, Type } from 'typebox'

const positive = Type.Optional(Nullable(Type.Integer({ minimum: 1, maximum: 1_000_000_000 })))

/** What policy needs of a chat request. Every other field passes through to the provider untouched. */
export const ChatBody = Type.Object({
  model: ModelName,
  messages: Type.Array(
    Type.Object({
      role: Type.String({ minLength: 1, maxLength: 64 }),
      content: Type.Optional(Type.Unknown()),
    }),
    { minItems: 1, maxItems: 10_000 },
  ),
  stream: Type.Optional(Nullable(Type.Boolean())),
  stream_options: Type.Optional(
    Nullable(Type.Object({ include_usage: Type.Optional(Nullable(Type.Boolean())) })),
  ),
  max_tokens: positive,
  max_completion_tokens: positive,
  n: Type.Optional(Nullable(Type.Integer({ minimum: 1, maximum: 128 }))),
})
export type ChatBody = Static<typeof ChatBody> & Record<string, unknown>
export type ChatMessage = ChatBody['messages'][number]

/**
 * A text that came as token ids: what it costs is known exactly, what it says is not. Only a door makes one: a part of a
 * client's message may look like it, and is counted as the JSON that it is.
 */
export class TokenIds {
  readonly type = 'token_ids'
  readonly token_ids: readonly number[]

  constructor(ids: readonly number[]) {
    this.token_ids = ids
  }
}

/** The client's own cap of output tokens per choice, or null; the newer of OpenAI's two names wins. */
export function outputCapOf(body: ChatBody): number | null {
  return body.max_completion_tokens ?? body.max_tokens ?? null
}

/** How many answers were asked for. */
export function choicesOf(body: ChatBody): number {
  return body.n ?? 1
}

/** Whether the client itself wants to see the usage frame of a stream. */
export function wantsUsage(body: ChatBody): boolean {
  return body.stream_options?.include_usage === true
}

/** The text of a message: its string, or its text parts joined. */
export function textOf(message: ChatMessage | undefined): string {
  const content = message?.content
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content
    .map((part: { text?: unknown } | null) => (typeof part?.text === 'string' ? part.text : ''))
    .join('')
}

/** How many tokens of a message came as ids, of which `textOf` says nothing. */
export function tokenIdsIn({ content }: ChatMessage): number {
  if (!Array.isArray(content)) return 0
  return content.reduce((sum, part) => sum + (part instanceof TokenIds ? part.token_ids.length : 0), 0)
}

/** Far deeper than any JSON schema of a tool; every later walk over the body relies on it. */
const MOST_NESTING = 64

/** Refuses a body whose nesting would overflow the stack of whoever walks or writes it. */
export function refuseDeepNesting(body: object): void {
  if (!isDeeper(body, MOST_NESTING)) return
  throw new LecternError('invalid_request', {
    message: `The body is nested more than ${MOST_NESTING} levels deep.`,
  })
}

function isDeeper(value: object, levels: number): boolean {
  if (levels < 0) return true
  for (const entry of Object.values(value)) {
    if (typeof entry === 'object' && entry !== null && isDeeper(entry, levels - 1)) return true
  }
  return false
}
