import t from 'tap'
import { MODEL, startCampus } from './campus.ts'
import { eventsOf, postChat } from './http.ts'

/** A model whose vocabulary is known. */
const COUNTED = 'gpt-4.1'
const campus = await startCampus(t, {
  providers: demo => ({
    providers: [
      {
        name: 'demo',
        kind: 'openai',
        baseUrl: demo,
        models: [
          { name: MODEL, model: 'demo-small' },
          { name: COUNTED, model: 'demo-small', tokenizer: 'o200k' },
        ],
      },
    ],
  }),
})
const { staff, asked, provider } = campus

const ENGLISH =
  'The last tokens of a week can be spent on a question of some length, and so they are. '.repeat(12)

async function ask(left: number | null, text: string, more: object = {}) {
  staff.left = left
  const before = asked.reserve.length
  const response = await postChat(campus, text, { model: COUNTED, ...more })
  const said = await response.text()
  staff.left = null
  return { response, said, reserved: asked.reserve.slice(before) }
}

t.test('P1 P4: where bytes do not fit, the prompt is counted, and the last tokens are spent', async t => {
  const { response, said, reserved } = await ask(600, `${ENGLISH}[[demo: tokens=400]]`)
  t.equal(response.status, 200)
  t.equal(reserved.length, 2)
  const [byBytes, counted] = reserved
  t.ok((byBytes?.inputTokens ?? 0) > 1000)
  t.ok((counted?.inputTokens ?? 0) < 560, `${counted?.inputTokens} of ${byBytes?.inputTokens}`)
  t.not(counted?.reservationId, byBytes?.reservationId, 'another question, another id')
  t.equal(response.headers.get('x-request-id'), counted?.reservationId)
  const cap = 600 - (counted?.inputTokens ?? 0)
  t.equal(response.headers.get('x-lectern-output-lowered'), String(cap))
  t.equal(response.headers.get('x-lectern-output-lowered-because'), 'budget')
  t.match(provider.requests.at(-1)?.body, { max_tokens: cap })
  t.ok(
    eventsOf(said).some(event => event.includes('"finish_reason":"length"')),
    'the client is told that it ends early',
  )
  const [stored] = await campus.recordsOf(1)
  t.match(stored?.record, { id: counted?.reservationId, outcome: 'completed', usage: { source: 'provider' } })
  t.ok((stored?.record.chargeTokens ?? 601) <= 600)
})

t.test('a budget that is large enough is never counted, and a cap that fits is not lowered', async t => {
  const { response, reserved } = await ask(5000, ENGLISH)
  t.equal(reserved.length, 1)
  t.equal(response.headers.get('x-lectern-output-lowered'), null)
  t.equal(response.headers.get('x-lectern-output-lowered-because'), null)
})

t.test(
  'P4: a cap is not lowered as long as the prompt, counted, leaves room for the whole of it',
  async t => {
    const { response, reserved } = await ask(1300, ENGLISH)
    t.match(reserved, [{ lowerOutput: false }, { lowerOutput: true }])
    t.ok((reserved[0]?.inputTokens ?? 0) + 500 > 1300, 'by its bytes there was no room for all of the 500')
    t.match(provider.requests.at(-1)?.body, { max_tokens: 500 })
    t.equal(response.headers.get('x-lectern-output-lowered'), null)
  },
)

t.test('P1: where the vocabulary is not known nothing but the bytes is a bound', async t => {
  const small = await ask(600, ENGLISH, { model: MODEL })
  t.equal(small.response.status, 429)
  const { response, reserved } = await ask(1300, ENGLISH, { model: MODEL })
  t.equal(response.status, 200)
  t.equal(reserved[1]?.inputTokens, reserved[0]?.inputTokens)
  const cap = 1300 - (reserved[0]?.inputTokens ?? 0)
  t.equal(response.headers.get('x-lectern-output-lowered'), String(cap), 'the cap is lowered all the same')
})

t.test('P4: what does not fit even so is refused, with what is left', async t => {
  const { response, said, reserved } = await ask(100, ENGLISH)
  t.equal(response.status, 429)
  t.equal(reserved.length, 2)
  t.match(JSON.parse(said), { error: { code: 'insufficient_quota', message: /100 tokens are left/ } })
})

t.test('P4: with nothing left nothing is counted, unless running requests hold it', async t => {
  staff.held = 0
  const spent = await ask(0, ENGLISH)
  t.equal(spent.response.status, 429)
  t.equal(spent.reserved.length, 1)
  staff.held = 900
  const held = await ask(0, ENGLISH)
  t.equal(held.reserved.length, 2, 'quota decides again, and knows that the budget is only in use')
  staff.held = 5
})

t.test('P4: a quota service of another release does not say what is held, and is asked again', async t => {
  const nothingLeft = { remaining: 0, resetsAtMs: null, rateLimits: null }
  staff.deny = { granted: false, reason: 'insufficient_quota', retryAfterMs: null, ...nothingLeft }
  const { response, reserved } = await ask(0, ENGLISH)
  t.equal(response.status, 429)
  t.equal(reserved.length, 2)
  staff.deny = null
})

t.test('a prompt too long to be counted is decided by its bytes', async t => {
  const long = 'word '.repeat(30_000)
  t.equal((await ask(40_000, long)).response.status, 429)
  const { response, reserved } = await ask(150_400, long)
  t.equal(response.status, 200)
  t.equal(reserved[1]?.inputTokens, reserved[0]?.inputTokens)
  t.ok(Number(response.headers.get('x-lectern-output-lowered')) > 100)
})

t.test('P11: many long prompts of one student at once are counted one after the other', async t => {
  const noise = Array.from({ length: 60_000 }, (_, at) =>
    String.fromCharCode(0x4e00 + ((at * 7919) % 20_000)),
  ).join('')
  staff.left = 500
  const flood = await Promise.all(
    Array.from({ length: 12 }, () => postChat(campus, noise, { model: COUNTED })),
  )
  t.same(new Set(flood.map(response => response.status)), new Set([429]))
  const { response } = await ask(600, ENGLISH)
  t.equal(response.status, 200, 'and then the next is counted again')
})
