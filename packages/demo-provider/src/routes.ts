import type { DemoOptions } from './config.ts'
import type { Control } from './control.ts'
import { ApiError } from './errors.ts'
import type { Exchange } from './exchange.ts'
import type { WriteError } from './faults.ts'
import { messageError } from './frames-anthropic.ts'
import { chatCompletions } from './handlers/chat-completions.ts'
import * as control from './handlers/control.ts'
import { embeddings } from './handlers/embeddings.ts'
import { messages } from './handlers/messages.ts'
import { listModels, showModel } from './handlers/models.ts'
import type { Recorder } from './recorder.ts'

/** What a handler gets: the request, the way to answer it, and the state of the provider. */
export interface Call {
  exchange: Exchange
  path: string
  body: unknown
  control: Control
  recorder: Recorder
  options: DemoOptions
}

const MESSAGES = '/v1/messages'

type Handler = (call: Call) => Promise<void>

const ROUTES: Record<string, Record<string, Handler>> = {
  '/healthz': { GET: ({ exchange }) => exchange.json(200, { status: 'ok' }) },
  '/v1/models': { GET: listModels },
  '/v1/chat/completions': { POST: chatCompletions },
  '/v1/embeddings': { POST: embeddings },
  [MESSAGES]: { POST: messages },
  '/control': { GET: control.showControl, POST: control.setControl, DELETE: control.resetControl },
  '/control/release': { POST: control.releaseHeld },
  '/control/requests': { GET: control.showRequests, DELETE: control.clearRequests },
}

/** Azure's two ways of writing a path. */
const AZURE = /^\/openai\/(?:v1|deployments\/[^/]+)(?=\/)/

/** The path at which OpenAI has what was asked for. */
export function routeOf(path: string): string {
  return path.replace(AZURE, '/v1')
}

/** Whether a path is part of the imitated API, whose requests are recorded and may need a key. */
export function isApi(path: string): boolean {
  return path.startsWith('/v1/')
}

/** How the API that a path belongs to writes its errors. */
export function writerOfErrors(path: string): WriteError {
  return path === MESSAGES ? messageError : error => error.body()
}

/** The handler of a request; throws the 404 or 405 of one that has none. */
export function handlerFor(method: string, path: string): Handler {
  const methods = ROUTES[path] ?? (path.startsWith('/v1/models/') ? { GET: showModel } : undefined)
  if (!methods) throw new ApiError(404, `Invalid URL (${method} ${path})`)
  const handler = methods[method]
  if (!handler) throw new ApiError(405, `Not allowed to ${method} on ${path}`)
  return handler
}
