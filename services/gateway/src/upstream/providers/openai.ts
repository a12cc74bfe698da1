import { LecternError } from '@lectern/shared/errors.ts'
import type { ApiKeys } from '../api-keys.ts'
import { Exchange, type UpstreamRequest } from '../exchange.ts'
import { type Refusal, retryAfterMsOf, UpstreamFailure } from '../failure.ts'
import { openOrigin, type UpstreamTimeouts } from '../origin.ts'
import type { Deployment, ModelCall, Operation, Provider, StreamReader } from '../provider.ts'
import type { ConfiguredProvider } from '../providers-file.ts'
import { redactSecrets } from '../redact.ts'
import { isEventStream, parseObject, readChatCompletion, readChatStream } from './openai-answer.ts'
import { readEmbeddings } from './openai-embeddings.ts'
import { writeBody } from './openai-request.ts'

/** OpenAI's API, as OpenAI and every compatible server speak it. */

/** What servers that speak it differ in. */
export interface OpenAiStyle {
  /** Where a deployment is asked, below the base URL. */
  pathOf(deployment: Deployment): string
  keyHeaders(key: string): Record<string, string>
  /** The fields that the server takes. */
  fit(body: Record<string, unknown>): Record<string, unknown>
  /** What a refusal's status should have been. */
  statusOf(refusal: Refusal): number
  reader(): StreamReader
}

/** The last part of the path, by what is asked for. */
export const ENDPOINTS: Record<Operation, string> = { chat: '/chat/completions', embeddings: '/embeddings' }

const OPENAI_STYLE: OpenAiStyle = {
  pathOf: ({ operation }) => ENDPOINTS[operation],
  keyHeaders: key => ({ authorization: `Bearer ${key}` }),
  fit: body => body,
  statusOf: ({ status }) => status,
  reader: readChatStream,
}

/** A provider of the kind `openai`, or of one that differs from it in some point of style. */
export function openAiProvider(
  entry: ConfiguredProvider,
  timeouts: UpstreamTimeouts,
  given: Partial<OpenAiStyle> = {},
): Provider {
  const { name, keys } = entry
  const style = { ...OPENAI_STYLE, ...given }
  const { origin, server, path, limits, close } = openOrigin(entry, timeouts)
  const write = (call: ModelCall, deployment: Deployment, key: string | undefined): UpstreamRequest => ({
    path: path + style.pathOf(deployment),
    headers: {
      'content-type': 'application/json',
      accept: call.body.stream === true ? 'text/event-stream' : 'application/json',
      'user-agent': 'lectern',
      ...(key === undefined ? {} : style.keyHeaders(key)),
    },
    body: JSON.stringify(style.fit(writeBody(call, deployment))),
  })
  return {
    name,
    server,
    keys,
    send: (call, deployment, totalMs) =>
      keys.use(
        key => new Exchange(origin, write(call, deployment, key), { ...limits, totalMs }),
        style.statusOf,
        call.ownKey,
      ),
    reader: style.reader,
    readWhole: (bytes, operation) =>
      operation === 'embeddings' ? readEmbeddings(bytes) : readChatCompletion(bytes),
    isStream: isEventStream,
    explain: refusal => explainRefusal(refusal, keys, style.statusOf(refusal)),
    close,
  }
}

/** What a status other than 200 means for the client, in the provider's words where they help. */
export function explainRefusal(
  { status: given, headers, body, keyName, ownKey }: Refusal,
  keys: ApiKeys,
  status = given,
): UpstreamFailure {
  const error = errorIn(body)
  const secrets = ownKey === undefined ? keys.values : [...keys.values, ownKey]
  const said = redactSecrets(typeof error?.message === 'string' ? error.message : '', secrets).slice(0, 1000)
  const isOurFault = status >= 500 || status < 400 || [401, 402, 403, 408, 409, 429].includes(status)
  const tooLong =
    error?.code === 'context_length_exceeded' ||
    /context (length|window|limit)|maximum context|prompt is too long/i.test(said)
  const code = tooLong ? 'context_length_exceeded' : 'provider_rejected'
  // Whoever refuses a request may quote it: the student is told, the log is not.
  const reason = isOurFault ? `: ${said || 'no reason given'}` : ''
  const whose = isOurFault && keyName !== undefined ? ` to our key ${keyName}` : ''
  return new UpstreamFailure('refused', `the provider answered ${given}${whose}${reason}`, {
    status,
    retryAfterMs: retryAfterMsOf(headers),
    anotherKey: keys.mayHelp(status),
    ...(isOurFault
      ? {}
      : {
          publicError: new LecternError(code, {
            ...(said ? { message: said } : {}),
            param: typeof error?.param === 'string' ? error.param : null,
          }),
        }),
  })
}

/** The error in a refusal's body; Gemini puts it into a list. */
function errorIn(body: string): { message?: unknown; code?: unknown; param?: unknown } | undefined {
  const parsed: unknown = parseObject(body)
  const holder = (Array.isArray(parsed) ? parsed[0] : parsed) as { error?: object } | null | undefined
  return holder?.error
}
