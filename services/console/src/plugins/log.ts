import type { FastifyInstance } from 'fastify'

/** One line for each answer: the route as declared, never the query or the body. Probes are left out. */
export function logRequests(app: FastifyInstance): void {
  app.addHook('onResponse', async (request, reply) => {
    const { url: route } = request.routeOptions
    if (route === '/healthz' || route === '/readyz') return
    request.log.info(
      { method: request.method, route, status: reply.statusCode, ms: Math.round(reply.elapsedTime) },
      'answered',
    )
  })
}
