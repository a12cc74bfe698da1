import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DEFAULTS, type DemoOptions } from './config.ts'
import { Control } from './control.ts'
import { ApiError, errorForStatus } from './errors.ts'
import { Exchange } from './exchange.ts'
import { type RecordedRequest, Recorder, recordOf } from './recorder.ts'
import { handlerFor, isApi, routeOf, writerOfErrors } from './routes.ts'

/** A running demo provider. */
export interface DemoProvider {
  /** Without `/v1`. */
  url: string
  port: number
  /** The recorded requests, oldest first, bounded; the array stays the same. */
  requests: RecordedRequest[]
  /** The same as the control endpoint, for tests in the same process. */
  control: Control
  /** Breaks all connections and stops. */
  close(): Promise<void>
}

interface Parts {
  options: DemoOptions
  control: Control
  recorder: Recorder
}

// Longer than the idle time of clients' pools: who closes an idle connection first decides who sees the reset.
const KEEP_ALIVE_MS = 75_000

// What OpenAI takes, images included.
const MOST_BODY_BYTES = 50 * 1024 * 1024

/** Starts the built-in demo provider. */
export async function startDemoProvider(given: Partial<DemoOptions> = {}): Promise<DemoProvider> {
  const options = { ...DEFAULTS, ...given }
  const recorder = new Recorder(options.maxRequests)
  const control = new Control()
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    void answer(request, response, { options, control, recorder })
  })
  server.listen(options.port, options.host)
  await once(server, 'listening').catch(cause => {
    throw new Error(`cannot listen on ${options.host}:${options.port} (set PORT or HOST): ${cause.code}`, {
      cause,
    })
  })
  const { port } = server.address() as AddressInfo
  const close = async () => {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  return { url: `http://${options.host}:${port}`, port, requests: recorder.requests, control, close }
}

async function answer(request: IncomingMessage, response: ServerResponse, parts: Parts): Promise<void> {
  const [asked = '/', query = ''] = request.url?.split('?') ?? []
  const path = routeOf(asked)
  // A client that leaves during its upload has asked nothing yet.
  const text = await readText(request).catch(() => undefined)
  if (text === undefined) return
  const json = parseJson(text)
  const record = recordOf(request, { path: asked, query, body: json.value })
  if (isApi(path)) parts.recorder.add(record, text?.length ?? 0)
  const exchange = new Exchange(response, record)
  try {
    if (isApi(path) && !parts.control.accepts(keyOf(request))) throw errorForStatus(401)
    const handle = handlerFor(record.method, path)
    if (json.error) throw json.error
    await handle({ exchange, path, body: json.value, ...parts })
  } catch (error) {
    // The client may leave even now; then there is nobody to tell.
    await exchange.fail(error, writerOfErrors(path)).catch(() => {})
  }
}

/** OpenAI's header, Azure's, or Anthropic's. */
function keyOf({ headers }: IncomingMessage): string | undefined {
  return headers.authorization ?? (headers['api-key'] ?? headers['x-api-key'])?.toString()
}

async function readText(request: IncomingMessage): Promise<string | null> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length
    // What is too much is read to its end but not kept: a refusal in the middle of an upload is a reset to many clients.
    if (size <= MOST_BODY_BYTES) parts.push(part)
  }
  return size <= MOST_BODY_BYTES ? Buffer.concat(parts).toString() : null
}

function parseJson(text: string | null): { value: unknown; error?: ApiError } {
  if (text === null) return { value: undefined, error: new ApiError(413, 'The request is too large.') }
  if (text === '') return { value: undefined }
  try {
    return { value: JSON.parse(text) }
  } catch {
    return { value: text, error: new ApiError(400, 'We could not parse the JSON body of your request.') }
  }
}
