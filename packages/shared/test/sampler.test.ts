import { ROOT_CONTEXT, SpanKind, TraceFlags, trace } from '@opentelemetry/api'
import t from 'tap'
import { Draw, keepShare, readShare, SELF_CHECK } from '../src/sampler.ts'

const idAt = (place: number) =>
  'a'.repeat(24) +
  Math.floor(place * 2 ** 32)
    .toString(16)
    .padStart(8, '0')
const spanContext = (kept: boolean) => ({
  traceId: idAt(0.5),
  spanId: 'b'.repeat(16),
  traceFlags: kept ? TraceFlags.SAMPLED : TraceFlags.NONE,
})
const below = (kept: boolean) => trace.setSpanContext(ROOT_CONTEXT, spanContext(kept))
const linkTo = (kept: boolean) => ({ context: spanContext(kept) })

function keeps(
  share: number,
  {
    place = 0.5,
    name = 'a request',
    kind = SpanKind.SERVER,
    context = ROOT_CONTEXT,
    links = [linkTo(true)],
  } = {},
): boolean {
  return keepShare(share).shouldSample(context, idAt(place), name, kind, {}, links).decision !== 0
}

t.test('P9: a share of the traces is kept, by their ids', async t => {
  const places = Array.from({ length: 1000 }, (_, n) => (n + 0.5) / 1000)
  t.equal(places.filter(place => keeps(0.1, { place, links: [] })).length, 100)
  t.equal(places.filter(place => keeps(0, { place, links: [] })).length, 0)
  t.equal(places.filter(place => keeps(1, { place, links: [] })).length, 1000)
})

t.test('P9: who wins the draw is kept by its id, who does not is never asked for', async t => {
  const draw = new Draw(0.25)
  const sampler = keepShare(0.25)
  let won = 0
  for (let n = 0; n < 4000; n++) {
    if (!draw.wins()) continue
    won += 1
    const traceId = draw.generateTraceId()
    if (!/^[0-9a-f]{32}$/.test(traceId)) t.fail(traceId)
    const { decision } = sampler.shouldSample(ROOT_CONTEXT, traceId, 'a request', SpanKind.SERVER, {}, [])
    if (decision === 0) t.fail(`${traceId} won and is dropped`)
  }
  t.ok(won > 800 && won < 1200, `${won} of 4000`)
  t.match(draw.generateSpanId(), /^[0-9a-f]{16}$/)
  t.equal(new Draw(0).wins(), false)
  t.equal(new Draw(1).wins(), true)
})

t.test(
  'P9: what has a parent follows it, a self-check is kept, and a link of a student decides nothing',
  async t => {
    t.equal(keeps(0, { context: below(true) }), true)
    t.equal(keeps(1, { context: below(false) }), false)
    t.equal(keeps(0, { name: SELF_CHECK }), true)
    t.equal(keeps(0, { links: [linkTo(true)] }), false)
  },
)

t.test('P9: a batch is kept where one of its requests is', async t => {
  const kind = SpanKind.CONSUMER
  t.equal(keeps(0, { kind, links: [linkTo(false), linkTo(true)] }), true)
  t.equal(keeps(1, { kind, links: [linkTo(false)] }), false)
  t.equal(keeps(1, { kind, links: [] }), false)
})

t.test('the share is a number from 0 to 1, else one in ten', async t => {
  for (const [text, share] of [
    ['0', 0],
    ['0.25', 0.25],
    ['1', 1],
    ['2', 0.1],
    ['-1', 0.1],
    ['all', 0.1],
    ['', 0.1],
    [undefined, 0.1],
  ] as const)
    t.equal(readShare(text), share, String(text))
})
