import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { MODEL, startCampus, until } from './campus.ts'

/** Clients that ask for long streams and read nothing: the provider is made to wait, and in the end they are cut. */

const READERS = 15
/** What is on its way for one reader: the text that is recorded, and the buffers of two sockets. */
const MOST_BYTES_EACH = 2 * 1024 ** 2

const EVENT = `data: ${JSON.stringify({ object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content: ' word' } }] })}\n\n`
const EVENTS = Buffer.from(EVENT.repeat(40))
let written = 0
let asked = 0
let left = 0

/** A provider that writes for ever, as fast as it is read. */
const provider = createServer((request, response) => {
  request.resume()
  asked += 1
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const pour = () => {
    while (!response.destroyed) {
      written += EVENTS.length
      if (!response.write(EVENTS)) return
    }
  }
  response.on('drain', pour).on('close', () => {
    left += 1
  })
  pour()
})
provider.listen(0, '127.0.0.1')
await once(provider, 'listening')
t.teardown(() => void provider.close())
const baseUrl = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`

const campus = await startCampus(t, {
  env: { WRITE_IDLE_TIMEOUT_MS: '4000', IDLE_TIMEOUT_MS: '2000' },
  providers: () => ({
    providers: [{ name: 'endless', kind: 'openai', baseUrl, models: [{ name: MODEL }] }],
  }),
})

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')
function usedBytes(): number {
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

function open(): Socket {
  const body = JSON.stringify({
    model: MODEL,
    messages: [{ role: 'user', content: 'Write for ever.' }],
    stream: true,
  })
  const socket = connect(Number(new URL(campus.url).port), '127.0.0.1').pause()
  socket.on('error', () => undefined)
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${campus.key}\r\n` +
      `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  )
  return socket
}

/** Waits until the provider can write no more. */
async function stoodStill(): Promise<void> {
  let before = -1
  await until(async () => {
    await new Promise(resolve => setTimeout(resolve, 150))
    const isStill = written === before && asked === READERS
    before = written
    return isStill
  }, 60_000)
}

t.test('P5 P11: who reads nothing holds bounded memory, and is cut', async t => {
  t.setTimeout(150_000)
  const idle = usedBytes()
  const sockets: Socket[] = []
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
  })
  // One after the other: all at once are refused where the process comes to nothing else.
  while (sockets.length < READERS) {
    sockets.push(open())
    await until(() => asked === sockets.length, 60_000)
  }
  await stoodStill()
  const each = Math.round((usedBytes() - idle) / READERS)
  t.comment(`${each} bytes for each, of ${Math.round(written / READERS)} that the provider could write`)
  t.ok(each < MOST_BYTES_EACH, `${each} bytes for each`)
  const records = await until(async () => {
    const found = await campus.records()
    return found.length === READERS ? found : null
  }, 60_000)
  t.ok(
    records.every(({ record }) => record.outcome === 'client_gone'),
    'each is cut, and charged for what came',
  )
  t.ok(records.every(({ record }) => record.chargeTokens > 0))
  await until(() => left === READERS)
})
