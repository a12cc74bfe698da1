import { context, trace } from '@opentelemetry/api'
import t from 'tap'
import { traceHeaders } from '../src/nats/tracing.ts'
import { openSpan } from '../src/open-span.ts'
import { currentTraceId, inSpan, SpanKind } from '../src/spans.ts'
import { collectSpans } from '../src/testing/spans.ts'

const spans = collectSpans(t, { share: 0 })
const nothing = () => {
  t.equal(currentTraceId(), null)
  t.notOk(trace.getSpan(context.active()), 'for the instrumentations, too, there is no request')
  t.notOk(traceHeaders().has('traceparent'), 'and for the next service')
}

t.test('P9: a trace that is not kept leaves nothing behind, at no hop', async t => {
  const root = { kind: SpanKind.SERVER, root: true }
  t.equal(
    await inSpan('a request', root, async () => inSpan('a hop', { kind: SpanKind.CLIENT }, async () => 7)),
    7,
  )
  await inSpan('a request', root, async () => nothing())
  const open = openSpan('another', root)
  open.run(nothing)
  t.notOk(open.isRecording)
  open.set({})
  open.end(true)
  await t.rejects(
    inSpan('a third', root, async () => Promise.reject(new Error('as it was'))),
    new Error('as it was'),
  )
  t.same(spans.all(), [])
})
