import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createSocketServer } from 'node:net'
import { startScraping } from '@lectern/shared/testing/metrics.ts'
import t from 'tap'
import { startCampus } from './campus.ts'
import { eventsOf, postChat } from './http.ts'

/**
 * Failures that the demo provider does not have: nobody listens, or what comes is no answer. Alone each is an error with nothing
 * charged; with another deployment behind it the student notices nothing, where that may still be asked.
 */

const EVENT_STREAM = { 'content-type': 'text/event-stream' }
const JSON_TYPE = { 'content-type': 'application/json' }
const chunk = (delta: object, finish_reason: string | null = null) =>
  `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason }] })}\n\n`
const sleep = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

/** By path; each answers streams and whole answers alike. */
const STRANGE: Record<string, (response: ServerResponse) => void | Promise<void>> = {
  html: response => void response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Sign in</h1>'),
  json: response => void response.writeHead(200, JSON_TYPE).end('{"choices":[{"message":{"content":"hi"'),
  empty: response => void response.writeHead(200, EVENT_STREAM).end(),
  closed: response => void response.writeHead(200, EVENT_STREAM).end('data: {"choices"'),
  redirect: response => void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
  nothing: response => void response.writeHead(204).end(),
  // Its own comments are no answer, and what fails after them was never begun.
  'comments, error': async response => {
    response.writeHead(200, EVENT_STREAM).write(': PROCESSING\n\n')
    await sleep(250)
    response.write(': PROCESSING\n\n')
    await sleep(100)
    response.end('data: {"error":{"message":"no GPU","code":503}}\n\n')
  },
  'comments, cut': async response => {
    response.writeHead(200, EVENT_STREAM).write(': PROCESSING\n\n')
    await sleep(250)
    response.write(': PROCESSING\n\n')
    await sleep(100)
    response.destroy()
  },
  'half a frame': async response => {
    response.writeHead(200, EVENT_STREAM).write(chunk({ content: 'Hello' }))
    await sleep(50)
    response.write('data: {"choices":[{"index":0,"delta":{"content":" wor')
    await sleep(50)
    response.destroy()
  },
  'half a frame at the end': async response => {
    response.writeHead(200, EVENT_STREAM).write(chunk({ content: 'Hello' }))
    await sleep(50)
    response.end('data: {"choices":[{"index":0,"delta":{"content":" wor')
  },
  // All is said, but neither its empty line nor `[DONE]` comes.
  'a last line': response => {
    response.writeHead(200, EVENT_STREAM)
    response.end(chunk({ content: 'Hello' }) + chunk({}, 'stop').trimEnd())
  },
}

interface Expected {
  stream: [client: string, record: string]
  whole: [client: string, record: string]
  breaker: number
  /** Whether another deployment answers instead. */
  goesOn: boolean
}

const NOTHING = 'upstream_failed none 0'
const LOST: [string, string] = ['502 provider_error', NOTHING]
/** After the first comment of ours an error is a frame, still for nothing. */
const LOST_LATER: [string, string] = ['200 frame provider_error', NOTHING]
const alone = (stream: [string, string], breaker: number, goesOn: boolean): Expected => ({
  stream,
  whole: LOST,
  breaker,
  goesOn,
})

const EXPECTED: Record<string, Expected> = {
  refused: alone(LOST, 2, true),
  html: alone(LOST, 0, false),
  json: alone(LOST, 0, false),
  empty: alone(LOST, 0, false),
  closed: alone(LOST, 0, false),
  redirect: alone(LOST, 2, true),
  nothing: alone(LOST, 2, true),
  'comments, error': alone(LOST_LATER, 0, false),
  'comments, cut': alone(LOST_LATER, 0, false),
  'half a frame at the end': alone(['200 frame provider_error', 'upstream_cut estimate some'], 0, false),
  'a last line': alone(['200 whole', 'completed estimate some'], 0, false),
  'half a frame': alone(['200 frame provider_error', 'upstream_cut estimate some'], 0, false),
}

const server = createServer((request, response) => {
  request.resume()
  const name = decodeURIComponent(request.url?.split('/')[1] ?? '')
  void STRANGE[name]?.(response)
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
t.teardown(() => void server.close())
const strangeUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
// A port at which nobody listens any more.
const gone = createSocketServer().listen(0, '127.0.0.1')
await once(gone, 'listening')
const deadUrl = `http://127.0.0.1:${(gone.address() as AddressInfo).port}`
gone.close()

const metrics = await startScraping(t)
const names = Object.keys(EXPECTED)
const urlOf = (name: string) => (name === 'refused' ? deadUrl : `${strangeUrl}/${encodeURIComponent(name)}`)
const campus = await startCampus(t, {
  env: { KEEP_ALIVE_MS: '120', FIRST_BYTE_TIMEOUT_MS: '1000', IDLE_TIMEOUT_MS: '1000' },
  providers: demo => ({
    providers: names.flatMap((name, index) => [
      {
        name: `strange-${index}`,
        kind: 'openai',
        baseUrl: urlOf(name),
        models: [
          { name, model: 'x' },
          { name: `${name} or demo`, model: 'x' },
        ],
      },
      {
        name: `demo-${index}`,
        kind: 'openai',
        baseUrl: demo,
        models: [{ name: `${name} or demo`, model: 'demo-small', weight: 0 }],
      },
    ]),
  }),
})
let asked = 0

async function see(model: string, stream: boolean): Promise<[string, string]> {
  const response = await postChat(campus, 'hi', { model, stream })
  const text = await response.text()
  asked += 1
  const { record } = (await campus.recordsOf(asked)).at(-1) ?? {}
  const { outcome, usage, chargeTokens } = record ?? {}
  if (outcome === 'upstream_failed') t.equal(chargeTokens, 0, `${model}: nothing is charged`)
  return [
    `${response.status} ${whatOf(response.status, text, stream)}`,
    // A tokenizer that is busy for too long leaves an estimate to the bytes.
    `${outcome} ${usage?.source} ${usage?.source === 'estimate' && usage.outputTokens > 0 ? 'some' : usage?.outputTokens}`,
  ]
}

function whatOf(status: number, text: string, stream: boolean): string {
  if (status !== 200) return JSON.parse(text).error.code
  const last = stream ? (eventsOf(text).at(-1) ?? '') : '[DONE]'
  return last === '[DONE]' ? 'whole' : `frame ${JSON.parse(last).error.code}`
}

for (const [index, name] of names.entries()) {
  const { stream, whole, breaker, goesOn } = EXPECTED[name] as Expected
  t.test(`P4 P5: ${name}`, async t => {
    t.same(await see(name, true), stream, 'streamed')
    t.same(await see(name, false), whole, 'in one piece')
    for (let more = 0; more < 3; more += 1) await see(name, true)
    t.equal(
      await metrics.value('lectern_breaker_state', { provider: `strange-${index}`, model: name }),
      breaker,
    )
    const [client, record] = await see(`${name} or demo`, true)
    t.equal(client, goesOn ? '200 whole' : stream[0], 'with another deployment behind it')
    t.match(record, goesOn ? /^completed provider/ : stream[1])
  })
}
