import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { ANSWERS, type Answer, type Chunks } from './frames.ts'

/** A provider that costs next to nothing. Listens on `PORT` of 127.0.0.1; takes spans (`/v1/traces`) and forgets them. */

const MODEL = Buffer.from('"model":"')
const QUOTE = '"'.charCodeAt(0)

const server = createServer((request, response) => {
  if (request.url === '/v1/chat/completions') return void answer(request, response)
  // No body: an empty answer of OTLP's.
  request.resume().on('end', () => response.writeHead(200, { 'content-length': 0 }).end())
})
// No timer looks after connections: they are those of a benchmark.
server.keepAliveTimeout = 0
server.headersTimeout = 0
server.requestTimeout = 0
server.listen({ host: '127.0.0.1', port: Number(process.env.PORT), backlog: 4096 })
process.on('SIGTERM', () => process.exit())

function answer(request: IncomingMessage, response: ServerResponse): void {
  let found: Answer | undefined
  request.on('data', (piece: Buffer) => (found ??= answerOf(piece)))
  request.on('end', () => {
    if (!found) return refuse(response)
    if ('whole' in found) return whole(response, found.whole)
    stream(response, found.chunks)
  })
}

function refuse(response: ServerResponse): void {
  response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":{"message":"no such model"}}')
}

function whole(response: ServerResponse, body: Buffer): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body)
}

/** The name must not be cut by the end of a piece: whoever asks writes it near the beginning. */
function answerOf(piece: Buffer): Answer | undefined {
  const at = piece.indexOf(MODEL)
  if (at < 0) return undefined
  const from = at + MODEL.length
  return ANSWERS[piece.toString('latin1', from, piece.indexOf(QUOTE, from))]
}

/** Past the response, whose framing is in the chunks already. */
function stream(response: ServerResponse, chunks: Chunks): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'transfer-encoding': 'chunked' })
  const began = performance.now()
  const { socket } = response
  let next = 0
  let timer: NodeJS.Timeout | undefined
  const proceed = () => {
    const elapsedMs = performance.now() - began
    for (let chunk = chunks[next]; chunk && chunk.atMs <= elapsedMs; chunk = chunks[++next])
      socket?.write(chunk.bytes)
    const following = chunks[next]
    if (following) timer = setTimeout(proceed, Math.max(1, following.atMs - elapsedMs))
    else response.end()
  }
  response.on('close', () => clearTimeout(timer))
  response.flushHeaders()
  proceed()
}
