import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import t from 'tap'
import { ClientStream } from '../src/client-stream.ts'

/** What a client gets of what is written, whenever it is written. */

let answer: (response: ServerResponse) => Promise<void> = async () => undefined
const server = createServer((_, response) => void answer(response))
server.listen(0, '127.0.0.1')
await once(server, 'listening')
t.teardown(() => {
  server.closeAllConnections()
  server.close()
})
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

const streamOn = (response: ServerResponse, keepAliveMs = 60_000) =>
  new ClientStream(response, {
    writeIdleMs: 60_000,
    keepAliveMs,
    open: () => ({ 'content-type': 'text/event-stream' }),
    convert: frames => frames,
  })

const WAITS = {
  'in the same tick': () => undefined,
  'in the next microtask': () => Promise.resolve(),
  'in the next tick': () => new Promise<void>(resolve => process.nextTick(resolve)),
  'in the next turn': () => nextTurn(),
}

for (const [when, wait] of Object.entries(WAITS)) {
  t.test(`P7: pieces that come ${when} arrive in their order`, async t => {
    answer = async response => {
      const client = streamOn(response)
      for (const piece of ['one ', 'two ', 'three ', 'ä '.repeat(20_000), 'four ']) {
        client.write(Buffer.from(piece))
        const waiting = wait()
        if (waiting) await waiting
      }
      client.end('five')
    }
    const text = await (await fetch(url)).text()
    t.ok(text === `one two three ${'ä '.repeat(20_000)}four five`, `${text.length} characters`)
  })
}

t.test('P7: behind a comment, too, and for a client that speaks HTTP/1.0', async t => {
  answer = async response => {
    response.shouldKeepAlive = false
    response.useChunkedEncodingByDefault = false
    const client = streamOn(response, 5)
    while (!client.begun) await nextTurn()
    client.write(Buffer.from('one '))
    client.write(Buffer.from('two '))
    await nextTurn()
    client.write(Buffer.from('three '))
    client.end('four')
  }
  t.match(await (await fetch(url)).text(), /^(: keep-alive\n\n)+one two three four$/)
})
