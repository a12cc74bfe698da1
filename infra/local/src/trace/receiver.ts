import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type AttributeValue = string | number | boolean | AttributeValue[]
export type Attributes = Record<string, AttributeValue>

export type SpanKind = (typeof KINDS)[number]
export type SpanStatus = (typeof STATUSES)[number]

/** A span as a service has sent it. Times are microseconds since 1970. */
export interface ReceivedSpan {
  traceId: string
  spanId: string
  parentId: string | null
  links: { traceId: string; spanId: string }[]
  name: string
  kind: SpanKind
  /** The `service.name` of who has sent it. */
  service: string
  /** The library that has made it: ours, or an instrumentation. */
  scope: string
  startUs: number
  endUs: number
  attributes: Attributes
  status: SpanStatus
  events: { name: string; atUs: number; attributes: Attributes }[]
}

export interface Receiver {
  /** The `OTEL_EXPORTER_OTLP_ENDPOINT` of those who shall send their spans here. */
  url: string
  close(): Promise<void>
}

/** Told of each export: its spans, and the JSON that they came in. */
export type OnSpans = (spans: ReceivedSpan[], json: string) => void

// In the order of their numbers in OTLP.
const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const
const STATUSES = ['unset', 'ok', 'error'] as const

/** Starts a receiver of spans (OTLP over HTTP as JSON, `POST /v1/traces`) on a free port of 127.0.0.1. */
export async function startReceiver(onSpans: OnSpans): Promise<Receiver> {
  const server = createServer((request, response) => {
    // A sender that breaks off has sent nothing: its SDK sends the same again.
    answer(request, response, onSpans).catch(() => response.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

async function answer(request: IncomingMessage, response: ServerResponse, onSpans: OnSpans): Promise<void> {
  const json = (await request.setEncoding('utf8').toArray()).join('')
  response.setHeader('content-type', 'application/json')
  if (request.method !== 'POST' || request.url !== '/v1/traces') {
    response.writeHead(404).end('{"message":"only spans are taken here"}')
    return
  }
  const spans = readSpans(json)
  if (spans) onSpans(spans, json)
  response.writeHead(spans ? 200 : 400).end(spans ? '{}' : '{"message":"no OTLP JSON"}')
}

/** The spans of an export; undefined when it is none. */
function readSpans(json: string): ReceivedSpan[] | undefined {
  try {
    const { resourceSpans = [] }: Export = JSON.parse(json)
    return resourceSpans.flatMap(({ resource, scopeSpans = [] }) => {
      const { 'service.name': service = '' } = readAttributes(resource?.attributes)
      return scopeSpans.flatMap(({ scope, spans = [] }) => {
        const origin = { service: String(service), scope: scope?.name ?? '' }
        return spans.map(span => ({ ...readSpan(span), ...origin }))
      })
    })
  } catch {
    return undefined
  }
}

interface Export {
  resourceSpans?: {
    resource?: { attributes?: KeyValue[] }
    scopeSpans?: { scope?: { name?: string }; spans?: OtlpSpan[] }[]
  }[]
}

interface OtlpSpan {
  traceId: string
  spanId: string
  parentSpanId?: string
  links?: { traceId: string; spanId: string }[]
  name: string
  kind?: number
  startTimeUnixNano: string
  endTimeUnixNano: string
  attributes?: KeyValue[]
  status?: { code?: number }
  events?: { name: string; timeUnixNano: string; attributes?: KeyValue[] }[]
}

interface KeyValue {
  key: string
  value: OtlpValue
}

interface OtlpValue {
  stringValue?: string
  boolValue?: boolean
  intValue?: string | number
  doubleValue?: number
  arrayValue?: { values?: OtlpValue[] }
}

function readSpan(span: OtlpSpan): Omit<ReceivedSpan, 'service' | 'scope'> {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentId: span.parentSpanId || null,
    links: (span.links ?? []).map(({ traceId, spanId }) => ({ traceId, spanId })),
    name: span.name,
    kind: KINDS[span.kind ?? 0] ?? 'unspecified',
    startUs: microseconds(span.startTimeUnixNano),
    endUs: microseconds(span.endTimeUnixNano),
    attributes: readAttributes(span.attributes),
    status: STATUSES[span.status?.code ?? 0] ?? 'unset',
    events: (span.events ?? []).map(({ name, timeUnixNano, attributes }) => ({
      name,
      atUs: microseconds(timeUnixNano),
      attributes: readAttributes(attributes),
    })),
  }
}

// Nanoseconds since 1970 are more than a double holds exactly.
const microseconds = (nanoseconds: string) => Number(BigInt(nanoseconds) / 1000n)

function readAttributes(attributes: KeyValue[] = []): Attributes {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, readValue(value)]))
}

function readValue(value: OtlpValue): AttributeValue {
  if (value.intValue !== undefined) return Number(value.intValue)
  if (value.arrayValue) return (value.arrayValue.values ?? []).map(readValue)
  return value.stringValue ?? value.boolValue ?? value.doubleValue ?? ''
}
