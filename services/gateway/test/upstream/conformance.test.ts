import fc from 'fast-check'
import t from 'tap'
import { dataOf } from '../../src/upstream/sse.ts'
import { RECORDED, type Recorded, type Relayed, relayed, wire } from './streams.ts'

/** Whatever the network does to a provider's bytes, the client, the record and the bill get the same. */

const CASES = 10_000
const BIG_CASES = 100
const HUGE = 'x'.repeat(70_000)
const COMMENTS = [': keep-alive', ':', ': OPENROUTER PROCESSING', ': data: [DONE]']

const isComment = (event: string) => dataOf(Buffer.from(event)) === null
const isDone = (event: string) => dataOf(Buffer.from(event)) === '[DONE]'
const isUsageAlone = (event: string) => /"choices":\[\].*"usage":\{|"usage":\{.*"choices":\[\]/s.test(event)

/** What a client gets of a stream that is passed on: everything but the end, usage it did not ask for, and silence before the first word. */
function passedOn(events: readonly string[], wantsUsage = false): string[] {
  const first = events.findIndex(event => !isComment(event))
  const end = events.findIndex(isDone)
  return events.filter(
    (event, at) => at >= first && (end < 0 || at < end) && (wantsUsage || !isUsageAlone(event)),
  )
}

function* cut(bytes: Buffer, places: readonly number[]): Generator<Buffer> {
  let from = 0
  for (const place of [...places, bytes.length]) {
    if (place > from) yield bytes.subarray(from, place)
    from = Math.max(from, place)
  }
}

const byteByByte = (bytes: Buffer) =>
  cut(
    bytes,
    Array.from({ length: bytes.length }, (_, at) => at),
  )

for (const recorded of RECORDED) {
  t.test(`${recorded.name}: what is in it`, async t => {
    const bytes = wire(recorded.events)
    const plain = await relayed(recorded.reader(), [bytes])
    const [inputTokens, cachedTokens, outputTokens] = recorded.usage
    const { text, calls, finishReason, reasoning } = recorded
    t.match(plain, { text, finishReason, failure: null })
    t.same(plain.calls, calls)
    t.same(plain.usage, { inputTokens, cachedTokens, outputTokens, source: 'provider' })
    t.equal(plain.everything, reasoning + text + calls.flat().join(''))
    if (recorded.isPassed) t.equal(plain.client, wire(passedOn(recorded.events)).toString())
    const asked = await relayed(recorded.reader(), [bytes], true)
    t.match(asked.client, /"usage":\s*\{"/, 'who asks for usage gets it')
    t.notMatch(asked.client, 'data: [DONE]', 'P3: the end is not the relay’s to send')
  })

  t.test(`P7: ${recorded.name}: cut anywhere, it is the same`, async t => {
    for (const lineEnd of ['\n', '\r\n']) {
      const bytes = wire(recorded.events, lineEnd)
      const whole = await relayed(recorded.reader(), [bytes])
      const differs: number[] = []
      for (let at = 1; at < bytes.length; at++) {
        const halves = await relayed(recorded.reader(), [bytes.subarray(0, at), bytes.subarray(at)])
        if (JSON.stringify(halves) !== JSON.stringify(whole)) differs.push(at)
      }
      t.same(differs, [], `two pieces, ${JSON.stringify(lineEnd)}`)
      t.same(
        await relayed(recorded.reader(), byteByByte(bytes)),
        whole,
        `byte by byte, ${JSON.stringify(lineEnd)}`,
      )
    }
  })

  t.test(`${recorded.name}: an end that never comes is told`, async t => {
    const upTo = recorded.events.findLastIndex(event => /finish_reason":"|stop_reason":"/.test(event))
    const broken = await relayed(recorded.reader(), [wire(recorded.events.slice(0, upTo))])
    t.equal(broken.failure, 'the stream ended in the middle')
  })
}

interface Case {
  recorded: Recorded
  lineEnd: string
  comments: [number, string][]
  /** Comments that stand in an event, before its data. */
  inner: [number, string][]
  /** Events whose data is written over two lines. */
  folded: number[]
  /** Before which event one comes that is longer than what is held back. */
  hugeAt: number | null
  cuts: number[]
}

const place = fc.integer({ min: 0, max: 1_000_000 })
const anyCase = (huge: boolean): fc.Arbitrary<Case> =>
  fc.record({
    recorded: fc.constantFrom(...RECORDED),
    lineEnd: fc.constantFrom('\n', '\r\n', '\r'),
    comments: fc.array(fc.tuple(place, fc.constantFrom(...COMMENTS)), { maxLength: 4 }),
    inner: fc.array(fc.tuple(place, fc.constantFrom(...COMMENTS)), { maxLength: 2 }),
    folded: fc.array(place, { maxLength: 4 }),
    hugeAt: huge ? place : fc.constant(null),
    cuts: fc.array(place, { maxLength: 24 }),
  })

/** The events of a case: those that were recorded, and what the case adds. */
function eventsOf({ recorded, comments, inner, folded, hugeAt }: Case): string[] {
  const events = [...recorded.events]
  for (const at of folded) {
    const index = at % events.length
    // A line end between two fields is white space to JSON. The first comma stands there: no name or number before it has one.
    events[index] = events[index]?.replace(/(?<=data:.*?),\s?"/, ',\ndata: "') ?? ''
  }
  for (const [at, comment] of inner) {
    const index = at % events.length
    events[index] = `${comment}\n${events[index]}`
  }
  const end = events.findLastIndex(event => /finish_reason":"|stop_reason":"/.test(event))
  if (hugeAt !== null) events.splice(1 + (hugeAt % end), 0, hugeEvent(recorded))
  for (const [at, comment] of comments) events.splice(at % (events.length + 1), 0, comment)
  return events
}

function hugeEvent({ name }: Recorded): string {
  return name === 'anthropic'
    ? `event: content_block_delta\ndata: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"${HUGE}"}}`
    : `data: {"choices":[{"index":0,"delta":{"content":"${HUGE}"},"finish_reason":null}]}`
}

async function holds(given: Case): Promise<void> {
  const { recorded, lineEnd, cuts, hugeAt } = given
  const events = eventsOf(given)
  const bytes = wire(events, lineEnd)
  const places = cuts.map(at => at % bytes.length).sort((a, b) => a - b)
  const got = await relayed(recorded.reader(), cut(bytes, places))
  const whole = await relayed(recorded.reader(), [bytes])
  const text = (relay: Relayed) => (hugeAt === null ? relay.text : relay.text.replace(HUGE, ''))
  const [inputTokens, cachedTokens, outputTokens] = recorded.usage
  same(text(got), recorded.text, 'text')
  same(got.calls, recorded.calls, 'calls')
  same(got.finishReason, recorded.finishReason, 'finish reason')
  same(got.usage, { inputTokens, outputTokens, cachedTokens, source: 'provider' }, 'usage')
  same(got.failure, null, 'failure')
  if (recorded.isPassed) same(got.client, wire(passedOn(events), lineEnd).toString(), 'bytes for the client')
  // Where frames are written anew, one that is too long for it keeps its own line ends.
  else same(got.client.replace(/\r\n?/g, '\n'), whole.client.replace(/\r\n?/g, '\n'), 'frames for the client')
}

function same(found: unknown, wanted: unknown, what: string): void {
  const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)]
  if (a !== b) throw new Error(`${what}: ${a.slice(0, 3000)}\ninstead of ${b.slice(0, 3000)}`)
}

t.test(`${CASES} streams, cut, commented and folded at random`, async t => {
  await fc.assert(fc.asyncProperty(anyCase(false), holds), { numRuns: CASES - BIG_CASES })
  await fc.assert(fc.asyncProperty(anyCase(true), holds), { numRuns: BIG_CASES })
  t.pass()
})
