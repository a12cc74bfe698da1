import { withSystem } from '@lectern/shared/policy.ts'
import type { Deployment, ModelCall } from '../provider.ts'

/** Requests of OpenAI's API: the student's, with only what policy needs put in its place. */

/** Models of OpenAI that refuse `max_tokens`. */
const REASONING_MODEL = /^(openai\/)?(o\d|gpt-5)/
/** Would let a student choose another model than the course allows (OpenRouter) or drop the staff's prompt (vLLM). */
const NEVER_SENT = ['models', 'chat_template'] as const

/** The body of the request that asks a deployment for what the call is about. */
export function writeBody(call: ModelCall, deployment: Deployment): Record<string, unknown> {
  return call.operation === 'embeddings' ? embeddingsBody(call, deployment) : chatBody(call, deployment)
}

function chatBody({ body, system, maxOutputTokens, user }: ModelCall, deployment: Deployment) {
  const { max_tokens, max_completion_tokens, ...rest } = body
  for (const field of NEVER_SENT) delete rest[field]
  const capField = deployment.maxOutputField ?? capFieldOf(body, deployment.model)
  return {
    ...rest,
    model: deployment.model,
    messages: withSystem(system, body.messages),
    [capField]: maxOutputTokens,
    user,
    ...(body.stream === true ? { stream_options: { ...body.stream_options, include_usage: true } } : {}),
  }
}

/** The door has let nothing else in than OpenAI's fields. */
function embeddingsBody({ original, user }: ModelCall, { model }: Deployment) {
  return { ...(original as Record<string, unknown>), model, user }
}

function capFieldOf(body: ModelCall['body'], model: string): 'max_tokens' | 'max_completion_tokens' {
  if (REASONING_MODEL.test(model)) return 'max_completion_tokens'
  return (body.max_completion_tokens ?? null) === null ? 'max_tokens' : 'max_completion_tokens'
}
