import { jetstream } from '@nats-io/jetstream'
import { context, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api'
import t from 'tap'
import { Type } from 'typebox'
import { defineCall } from '../../src/contracts/call.ts'
import { HEADER, RECORD_COMPLETED, RECORDS_STREAM } from '../../src/contracts/subjects.ts'
import { LecternError } from '../../src/errors.ts'
import { createLog } from '../../src/log.ts'
import { connectBus } from '../../src/nats/connect.ts'
import { consumeBatches } from '../../src/nats/consumer.ts'
import { requester } from '../../src/nats/requester.ts'
import { createResponder } from '../../src/nats/responder.ts'
import { ensureStreams } from '../../src/nats/streams.ts'
import { traceHeaders } from '../../src/nats/tracing.ts'
import { currentRequestId, withRequestId } from '../../src/request-id.ts'
import { inSpan, SpanKind } from '../../src/spans.ts'
import { startScraping } from '../../src/testing/metrics.ts'
import { startTestServers } from '../../src/testing/servers.ts'
import { collectSpans } from '../../src/testing/spans.ts'

const spans = collectSpans(t)
const { value, text } = await startScraping(t)
const log = createLog('test', 'silent')
const servers = await startTestServers(t, { nats: true })
const nc = await connectBus({ url: servers.natsUrl, service: 'test', log })
t.teardown(() => nc.close())
await ensureStreams(nc)

const Try = defineCall(
  'test.try',
  Type.Object({ what: Type.String(), reservationId: Type.Optional(Type.String()) }),
  Type.Object({ granted: Type.Optional(Type.Boolean()), reason: Type.Optional(Type.String()) }),
)
let requestId: string | undefined
const responder = createResponder(nc, { queue: 'test', log })
responder.on(Try, async ({ what }) => {
  requestId = currentRequestId()
  if (what === 'missing') throw new LecternError('not_found', { message: 'what somebody wrote' })
  if (what === 'broken') throw new Error('what somebody wrote')
  if (what === 'ok') return {}
  return { granted: what === 'granted', reason: what }
})
await nc.flush()
const ask = requester(nc, Try)
const inRequest = <T>(work: () => Promise<T>) =>
  inSpan('a request', { kind: SpanKind.SERVER, root: true }, work)

t.beforeEach(() => void spans.clear())

t.test('P9: both ends of a question are spans of its trace, and say how it was answered', async t => {
  for (const [what, reply] of [
    ['ok', 'ok'],
    ['granted', 'granted'],
    ['no_budget', 'no_budget'],
    ['missing', 'not_found'],
    ['broken', 'internal_error'],
  ] as const) {
    spans.clear()
    await inRequest(() => ask({ what }).catch(() => undefined))
    const [root] = spans.named('a request')
    const [client] = spans.named('request test.try')
    const [server] = spans.named('handle test.try')
    t.equal(client?.parentSpanContext?.spanId, root?.spanContext().spanId)
    t.equal(server?.parentSpanContext?.spanId, client?.spanContext().spanId)
    t.equal(server?.spanContext().traceId, root?.spanContext().traceId)
    for (const span of [client, server]) {
      t.match(span?.attributes, {
        'messaging.system': 'nats',
        'messaging.destination.name': 'test.try',
        'lectern.reply': reply,
      })
      t.equal(
        span?.status.code === SpanStatusCode.ERROR,
        what === 'broken',
        `${what}: only what broke is a fault`,
      )
      t.notMatch(JSON.stringify(span?.attributes), /somebody/)
    }
  }
  t.equal(await value('lectern_bus_request_seconds_count', { subject: 'test.try', outcome: 'ok' }), 3)
  t.equal(await value('lectern_bus_request_seconds_count', { outcome: 'not_found' }), 1)
})

t.test('P9: what no request has caused is no trace', async t => {
  await ask({ what: 'ok' })
  t.same(spans.all(), [])
  t.equal(await inSpan('alone', { kind: SpanKind.INTERNAL }, async span => span.isRecording()), false)
})

t.test('P9: the id of the request travels with its questions', async t => {
  await withRequestId('the-request', () => ask({ what: 'ok' }))
  t.equal(requestId, 'the-request')
  await ask({ what: 'ok', reservationId: 'the-reservation' })
  t.equal(requestId, 'the-reservation', 'a reservation has the id of its request')
  await ask({ what: 'ok' })
  t.equal(requestId, undefined, 'and nothing is left of it')
})

const options = { stream: RECORDS_STREAM, subject: RECORD_COMPLETED, batchSize: 300, lingerMs: 100, log }

async function publishRecords(count: number, reservation: string): Promise<void> {
  const headers = traceHeaders()
  headers.set(HEADER.reservation, reservation)
  for (let i = 0; i < count; i++) await jetstream(nc).publish(RECORD_COMPLETED, '{}', { headers })
}

t.test('P9: a record is received in its own trace, and its batch is linked to it', async t => {
  const arrived: (string | undefined)[] = []
  const stored = Promise.withResolvers<void>()
  const consumer = consumeBatches(
    nc,
    {
      ...options,
      durable: 'traced',
      async onArrival() {
        arrived.push(currentRequestId())
        await inSpan('on arrival', { kind: SpanKind.CLIENT }, async () => undefined)
      },
    },
    async messages => {
      await inSpan('on batch', { kind: SpanKind.CLIENT }, async () => undefined)
      if (messages.length >= 1) stored.resolve()
    },
  )
  await inRequest(() => publishRecords(1, 'r1'))
  await stored.promise
  await consumer.stop()
  const [root] = spans.named('a request')
  const [receive] = spans.named('receive traced')
  const [process] = spans.named('process traced')
  t.equal(receive?.parentSpanContext?.spanId, root?.spanContext().spanId)
  t.equal(spans.named('on arrival')[0]?.parentSpanContext?.spanId, receive?.spanContext().spanId)
  t.same(arrived, ['r1'], 'lines of the log name the request')
  t.equal(process?.parentSpanContext, undefined)
  t.not(process?.spanContext().traceId, root?.spanContext().traceId)
  t.same(
    process?.links.map(link => link.context.spanId),
    [root?.spanContext().spanId],
  )
  t.match(process?.attributes, {
    'messaging.batch.message_count': 1,
    'messaging.destination.name': RECORD_COMPLETED,
  })
  t.equal(spans.named('on batch')[0]?.parentSpanContext?.spanId, process?.spanContext().spanId)
})

t.test('P9: a record of a request that is not kept makes no link and no span of its own', async t => {
  const stored = Promise.withResolvers<void>()
  const onArrival = async () => undefined
  const consumer = consumeBatches(nc, { ...options, durable: 'unkept', onArrival }, async messages => {
    if (messages.length === 2) stored.resolve()
  })
  t.teardown(() => consumer.stop())
  const notKept = {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    traceFlags: TraceFlags.NONE,
  }
  await context.with(trace.setSpanContext(context.active(), notKept), () => publishRecords(1, 'r2'))
  await stored.promise
  while (spans.named('process unkept').length === 0) await new Promise(resolve => setTimeout(resolve, 10))
  // The other link is that of the record before, from the same stream.
  t.equal(spans.named('process unkept')[0]?.links.length, 1)
  t.ok(spans.named('receive unkept').every(span => span.spanContext().traceId !== notKept.traceId))
})

t.test('P11: lag, batches and dead letters of a consumer are numbers', async t => {
  const consumer = 'counted'
  let broken = true
  const consuming = consumeBatches(nc, { ...options, durable: consumer }, async messages => {
    if (broken) throw Object.assign(new Error('away'), { code: 'ECONNREFUSED' })
    if (messages.some(message => message.string() === 'poison')) throw new LecternError('invalid_request')
  })
  const second = consumeBatches(nc, { ...options, durable: 'second' }, async () => undefined)
  t.teardown(() => second.stop())
  t.equal(await value('lectern_dead_letters_total', { consumer }), 0, 'zero from the start')
  await jetstream(nc).publish(RECORD_COMPLETED, 'poison')
  while (!(await value('lectern_batch_seconds_count', { consumer, outcome: 'failed' }))) await text()
  t.equal(await value('lectern_consumer_lag', { consumer }), 3)
  t.equal(await value('lectern_consumer_redelivered', { consumer }), 0)
  broken = false
  while ((await value('lectern_consumer_lag', { consumer })) !== 0) await text()
  t.equal(await value('lectern_consumer_lag', { consumer: 'second' }), 0, 'each consumer has its own')
  t.equal(await value('lectern_dead_letters_total', { consumer }), 1)
  t.ok(Number(await value('lectern_batch_seconds_count', { consumer, outcome: 'stored' })) > 0)
  t.ok(Number(await value('lectern_batch_messages_count', { consumer })) > 1, 'each try counts')
  await consuming.stop()
})
