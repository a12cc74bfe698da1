import { startScraping } from '@lectern/shared/testing/metrics.ts'
import t from 'tap'
import { startCampus } from './campus.ts'
import { eventsOf, postChat } from './http.ts'

/**
 * Each way in which a provider can fail, alone: what the client sees, what is recorded and charged, and whether the breaker of
 * its deployment opens after five in a row. Each has a deployment of its own, so that none rests because of another.
 */

interface Seen {
  /** Status, and the code of an error; `frame` where it is the last frame of a stream. */
  client: string
  /** The outcome in the record, how the usage is known, and the output tokens of six that were asked for. */
  record: string
}

const refused = (client: string): Seen => ({ client, record: 'upstream_failed none 0' })
const LOST = refused('502 provider_error')
const LATE = refused('504 provider_timeout')
const OURS_TO_MEND = refused('400 provider_rejected')
const WHOLE: Seen = { client: '200 whole', record: 'completed provider 6' }
const COUNTED: Seen = { client: '200 whole', record: 'completed estimate 6' }
const brokeOff = (code: string, outcome: string): Seen => ({
  client: `200 frame ${code}`,
  record: `${outcome} estimate 3`,
})

/** Directive -> what a stream sees, what an answer in one piece sees, and whether the breaker opens. */
const FAULTS: Record<string, [stream: Seen, whole: Seen, opens: boolean]> = {
  reset: [LOST, LOST, true],
  'hang=headers': [LATE, LATE, true],
  'status=400': [OURS_TO_MEND, OURS_TO_MEND, false],
  'status=401': [LOST, LOST, true],
  'status=402': [LOST, LOST, true],
  'status=403': [LOST, LOST, true],
  'status=404': [OURS_TO_MEND, OURS_TO_MEND, false],
  'status=408': [LOST, LOST, true],
  'status=409': [LOST, LOST, true],
  'status=422': [OURS_TO_MEND, OURS_TO_MEND, false],
  'status=429': [LOST, LOST, true],
  'status=429 retry-after=30': [LOST, LOST, true],
  'status=500': [LOST, LOST, true],
  'status=503': [LOST, LOST, true],
  'status=503 retry-after=30': [LOST, LOST, true],
  'status=529': [LOST, LOST, true],
  // A 200 has begun: it is no fault of the connection, and nobody else is asked after the first byte.
  'error=stream after=0': [LOST, LOST, false],
  'error=stream after=3': [brokeOff('provider_error', 'upstream_cut'), LOST, false],
  'cut=0': [LOST, LOST, true],
  'cut=3 gap=10': [brokeOff('provider_error', 'upstream_cut'), LOST, false],
  'hang=stream after=3': [brokeOff('provider_timeout', 'upstream_stalled'), LATE, false],
  'done=none': [WHOLE, WHOLE, false],
  'usage=none': [COUNTED, COUNTED, false],
  crlf: [WHOLE, WHOLE, false],
  'split=3': [WHOLE, WHOLE, false],
  'big=200000': [WHOLE, WHOLE, false],
}

const metrics = await startScraping(t)
const names = Object.keys(FAULTS).map((directive, index) => [`fault-${index}`, directive] as const)
const campus = await startCampus(t, {
  env: { FIRST_BYTE_TIMEOUT_MS: '200', IDLE_TIMEOUT_MS: '200' },
  providers: baseUrl => ({
    providers: names.map(([name]) => ({
      name,
      kind: 'openai',
      baseUrl,
      models: [{ name, model: 'demo-small' }],
    })),
  }),
})
let asked = 0

async function see(model: string, directive: string, stream: boolean): Promise<Seen> {
  const response = await postChat(campus, `[[demo: ${directive} tokens=6]]`, { model, stream })
  const text = await response.text()
  asked += 1
  const { record } = (await campus.recordsOf(asked)).at(-1) ?? {}
  const { outcome, usage, chargeTokens } = record ?? {}
  t.equal(
    chargeTokens,
    (usage?.inputTokens ?? 0) + (usage?.outputTokens ?? 0),
    'charged for what is recorded',
  )
  return {
    client: `${response.status} ${whatOf(response.status, text, stream)}`,
    record: `${outcome} ${usage?.source} ${usage?.outputTokens}`,
  }
}

function whatOf(status: number, text: string, stream: boolean): string {
  if (status !== 200) return JSON.parse(text).error.code
  if (!stream) return JSON.parse(text).choices[0].finish_reason ? 'whole' : 'half'
  const last = eventsOf(text).at(-1) ?? ''
  return last === '[DONE]' ? 'whole' : `frame ${JSON.parse(last).error.code}`
}

for (const [name, directive] of names) {
  const [stream, whole, opens] = FAULTS[directive] ?? [WHOLE, WHOLE, false]
  t.test(`P5 P11: ${directive}`, async t => {
    t.same(await see(name, directive, true), stream, 'streamed')
    t.same(await see(name, directive, false), whole, 'in one piece')
    for (let more = 0; more < 3; more += 1) await see(name, directive, true)
    const state = await metrics.value('lectern_breaker_state', { provider: name })
    t.equal(state, opens ? 2 : 0, opens ? 'the breaker opens' : 'the breaker stays closed')
  })
}
