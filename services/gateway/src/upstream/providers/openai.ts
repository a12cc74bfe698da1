import { LecternError } from '@lectern/shared/errors.ts'
import { Exchange, type UpstreamRequest } from '../exchange.ts'
import { type Refusal, UpstreamFailure } from '../failure.ts'
import { openOrigin, type UpstreamTimeouts } from '../origin.ts'
import type { Deployment, ModelCall, Provider } from '../provider.ts'
import type { ConfiguredProvider } from '../providers-file.ts'
import { redactSecrets } from '../redact.ts'
import { isEventStream, parseObject, readChatCompletion, readChatStream } from './openai-answer.ts'

/** OpenAI's chat API, as OpenAI and every compatible server speak it. */

/** Models of OpenAI that refuse `max_tokens`. */
const REASONING_MODEL = /^(openai\/)?(o\d|gpt-5)/
/** Would let a student choose another model than the course allows (OpenRouter) or drop the staff's prompt (vLLM). */
const NEVER_SENT = ['models', 'chat_template'] as const
/** A provider of the kind `openai`. */
export function openAiProvider(entry: ConfiguredProvider, timeouts: UpstreamTimeouts): Provider {
  const { origin, server, path, limits, close } = openOrigin(entry, timeouts)
  const write = writeChatRequest(`${path}/chat/completions`, entry.apiKey)
  return {
    name: entry.name,
    server,
    send: (call, deployment, totalMs) =>
      new Exchange(origin, write(call, deployment), { ...limits, totalMs }),
    reader: readChatStream,
    readWhole: readChatCompletion,
    isStream: isEventStream,
    explain: refusal => explainRefusal(refusal, entry.apiKey),
    close,
  }
}

/** The request that goes to the provider: the student's, with only what policy needs put in its place. */
export function writeChatRequest(path: string, apiKey: string | undefined) {
  return ({ body, system, maxOutputTokens, user }: ModelCall, deployment: Deployment): UpstreamRequest => {
    const { max_tokens, max_completion_tokens, ...rest } = body
    for (const field of NEVER_SENT) delete rest[field]
    const capField = deployment.maxOutputField ?? capFieldOf(body, deployment.model)
    const streaming = body.stream === true
    const sent = {
      ...rest,
      model: deployment.model,
      // The staff's prompt comes first; a student's own system messages keep their place behind it.
      messages: system === null ? body.messages : [{ role: 'system', content: system }, ...body.messages],
      [capField]: maxOutputTokens,
      user,
      ...(streaming ? { stream_options: { ...body.stream_options, include_usage: true } } : {}),
    }
    return {
      path,
      headers: {
        'content-type': 'application/json',
        accept: streaming ? 'text/event-stream' : 'application/json',
        'user-agent': 'lectern',
        ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
      },
      body: JSON.stringify(sent),
    }
  }
}

function capFieldOf(body: ModelCall['body'], model: string): 'max_tokens' | 'max_completion_tokens' {
  if (REASONING_MODEL.test(model)) return 'max_completion_tokens'
  return (body.max_completion_tokens ?? null) === null ? 'max_tokens' : 'max_completion_tokens'
}

/** What a status other than 200 means for the client, in the provider's words where they help. */
export function explainRefusal(
  { status, headers, body }: Refusal,
  apiKey: string | undefined,
): UpstreamFailure {
  const error = parseObject(body)?.error as { message?: unknown; code?: unknown; param?: unknown } | undefined
  const said = redactSecrets(typeof error?.message === 'string' ? error.message : '', apiKey).slice(0, 1000)
  const isOurFault = status >= 500 || status < 400 || [401, 402, 403, 408, 409, 429].includes(status)
  const tooLong =
    error?.code === 'context_length_exceeded' || /context (length|window)|maximum context/i.test(said)
  const code = tooLong ? 'context_length_exceeded' : 'provider_rejected'
  const seconds = Number(headers['retry-after'] ?? Number.NaN)
  // Whoever refuses a request may quote it: the student is told, the log is not.
  const reason = isOurFault ? `: ${said || 'no reason given'}` : ''
  return new UpstreamFailure('refused', `the provider answered ${status}${reason}`, {
    status,
    retryAfterMs: Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 3600) * 1000 : undefined,
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
