import { LecternError } from '@lectern/shared/errors.ts'
import type { ChatBody } from '../../chat.ts'
import { Exchange, type UpstreamRequest } from '../exchange.ts'
import type { Refusal } from '../failure.ts'
import { openOrigin, type UpstreamTimeouts } from '../origin.ts'
import type { Deployment, ModelCall, Provider } from '../provider.ts'
import type { ConfiguredProvider } from '../providers-file.ts'
import { readMessage } from './anthropic-answer.ts'
import { writeMessagesBody } from './anthropic-request.ts'
import { readMessageStream } from './anthropic-stream.ts'
import { explainRefusal } from './openai.ts'
import { isEventStream } from './openai-answer.ts'

/** Anthropic's own Messages API: Claude models for clients that speak OpenAI's chat API. */

const API_VERSION = '2023-06-01'
const UNPAID_ACCOUNT = /credit balance is too low/i
const PAYMENT_REQUIRED = 402

/** A provider of the kind `anthropic`. */
export function anthropicProvider(entry: ConfiguredProvider, timeouts: UpstreamTimeouts): Provider {
  const { name, keys } = entry
  const { origin, server, path, limits, close } = openOrigin(entry, timeouts)
  const write = writeMessagesRequest(`${path}/messages`)
  return {
    name,
    server,
    keys,
    refuses,
    send: (call, deployment, totalMs) =>
      keys.use(
        key => new Exchange(origin, write(call, deployment, key), { ...limits, totalMs }),
        statusOf,
        call.ownKey,
      ),
    reader: () => readMessageStream(Date.now()),
    readWhole: bytes => readMessage(bytes, Date.now()),
    isStream: isEventStream,
    // The shape of an error is near enough to OpenAI's.
    explain: refusal => explainRefusal(refusal, keys, statusOf(refusal)),
    close,
  }
}

/** The request that goes to Anthropic. */
export function writeMessagesRequest(path: string) {
  return (call: ModelCall, deployment: Deployment, key: string | undefined): UpstreamRequest => ({
    path,
    headers: {
      'content-type': 'application/json',
      accept: call.body.stream === true ? 'text/event-stream' : 'application/json',
      'user-agent': 'lectern',
      'anthropic-version': API_VERSION,
      ...(key === undefined ? {} : { 'x-api-key': key }),
    },
    body: JSON.stringify(writeMessagesBody(call, deployment.model)),
  })
}

/** What Claude's API has no counterpart for: found by writing the request, before anything is held for it. */
function refuses(body: ChatBody): LecternError | null {
  try {
    writeMessagesBody({ body, system: null, maxOutputTokens: 1, user: '' }, body.model)
    return null
  } catch (error) {
    if (error instanceof LecternError) return error
    throw error
  }
}

/** An account without credit is a 400, like a fault of the student's. */
export function statusOf({ status, body }: Refusal): number {
  return status === 400 && UNPAID_ACCOUNT.test(body) ? PAYMENT_REQUIRED : status
}
