import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { ask, MODEL, recordOf, startSystem, until } from './system.ts'

/** Spans as the services send them to an OTLP receiver. */
interface Span {
  service: string
  name: string
  traceId: string
  links: string[]
}
const spans: Span[] = []
const receiver = createServer(async (request, response) => {
  const text = (await request.setEncoding('utf8').toArray()).join('')
  collect(JSON.parse(text))
  response.setHeader('content-type', 'application/json').end('{}')
}).listen(0, '127.0.0.1')
await once(receiver, 'listening')
t.teardown(() => {
  receiver.closeAllConnections()
  receiver.close()
})

interface Export {
  resourceSpans: {
    resource: { attributes: { key: string; value: { stringValue?: string } }[] }
    scopeSpans: { spans: { name: string; traceId: string; links?: { traceId: string }[] }[] }[]
  }[]
}
function collect({ resourceSpans }: Export): void {
  for (const { resource, scopeSpans } of resourceSpans) {
    const service = resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue ?? ''
    for (const { name, traceId, links = [] } of scopeSpans.flatMap(scope => scope.spans)) {
      spans.push({ service, name, traceId, links: links.map(link => link.traceId) })
    }
  }
}

const system = await startSystem(t, {
  env: {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_TRACES_SAMPLER: 'always_on',
    OTEL_BSP_SCHEDULE_DELAY: '100',
  },
})

t.test('P9: one request, one trace: gateway, quota, prompts, provider, and the two that keep it', async t => {
  const { response } = await system
    .client()
    .chat.completions.create({ model: MODEL, messages: ask('Trace me') })
    .withResponse()
  const { traceId } = await recordOf<{ traceId: string }>(system, response.headers.get('x-request-id'))
  t.match(traceId, /^[0-9a-f]{32}$/)
  const upstream = system.provider.requests.at(-1)?.headers.traceparent
  t.match(upstream, new RegExp(`^00-${traceId}-`), 'the provider was called in the same trace')
  const of = (service: string) => spans.filter(span => span.service === `lectern-${service}`)
  const inTrace = (service: string) =>
    of(service)
      .filter(span => span.traceId === traceId)
      .map(span => span.name)
  const linked = (service: string) =>
    of(service)
      .filter(span => span.links.includes(traceId))
      .map(span => span.name)
  await until(
    async () => linked('quota').length > 0 && linked('logger').length > 0,
    'both consumers have sent their spans',
  )
  t.ok(
    inTrace('gateway').some(name => name.includes('quota.reserve')),
    inTrace('gateway').join(),
  )
  t.ok(
    inTrace('quota').some(name => name.startsWith('redis reserve')),
    inTrace('quota').join(),
  )
  t.ok(
    inTrace('prompts').some(name => name.includes('prompts.resolve')),
    inTrace('prompts').join(),
  )
  t.same(linked('quota'), ['process quota-ledger'])
  t.same(linked('logger'), ['process logger-records'])
})
