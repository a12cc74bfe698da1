import { Agent, createServer, request } from 'node:http'

/** The floor for anything that is written in Node: passes on what comes, and knows nothing. `UPSTREAM` is a URL. */

const { hostname, port } = new URL(process.env.UPSTREAM ?? '')
const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY })

const server = createServer((incoming, outgoing) => {
  const upstream = request(
    { agent, host: hostname, port, method: incoming.method, path: incoming.url, headers: incoming.headers },
    answer => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    },
  )
  upstream.on('error', () => outgoing.destroy())
  outgoing.on('close', () => outgoing.writableFinished || upstream.destroy())
  incoming.pipe(upstream)
})
server.keepAliveTimeout = 60_000
server.listen({ host: '127.0.0.1', port: Number(process.env.PORT), backlog: 4096 })
process.on('SIGTERM', () => process.exit())
