import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { MODEL, startCampus, until } from '../campus.ts'
import { postChat } from '../http.ts'

/** A provider that never answers, and a lecture hall that waits for it. */

const WAITING = 1000
/** The student, the gateway and the provider of each are all in this process: the gateway's part is a third or so. */
const MOST_BYTES_EACH = 128 * 1024
/** What may be left of each, where nothing should grow. */
const MOST_LEFT_EACH = 8 * 1024

const campus = await startCampus(t, {
  env: { FIRST_BYTE_TIMEOUT_MS: '120000' },
  providers: demo => ({
    providers: [
      { name: 'demo', kind: 'openai', baseUrl: demo, models: [{ name: MODEL, model: 'demo-small' }] },
    ],
  }),
})

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

function usedBytes(): number {
  collect()
  const { heapUsed, external, arrayBuffers } = process.memoryUsage()
  return heapUsed + external + arrayBuffers
}

/** Requests that the provider has, and has not seen end. */
function open(): number {
  return campus.provider.requests.filter(({ endedAt }) => endedAt === null).length
}

async function wait(count: number): Promise<{ leave(): Promise<void> }> {
  const leaving = new AbortController()
  const answers = Array.from({ length: count }, () =>
    postChat(campus, '[[demo: hang=headers]]', {}, { signal: leaving.signal }).catch(() => null),
  )
  await until(() => open() === count, 60_000)
  return {
    async leave() {
      leaving.abort()
      await Promise.all(answers)
      await until(() => open() === 0, 60_000)
    },
  }
}

t.test('P5 P11: a thousand who wait cost bounded memory, and leave nothing behind', async t => {
  t.setTimeout(170_000)
  const idle = usedBytes()
  const first = await wait(WAITING)
  const each = Math.round((usedBytes() - idle) / WAITING)
  t.comment(`${each} bytes for each who waits`)
  t.ok(each < MOST_BYTES_EACH, 'bounded')
  await first.leave()
  const records = await campus.recordsOf(WAITING)
  t.ok(
    records.every(({ record }) => record.outcome === 'client_gone'),
    'each hold has its end',
  )
  // After these the provider of the test remembers as many requests as it ever will: 2,000.
  await (await wait(WAITING)).leave()
  const before = usedBytes()
  await (await wait(WAITING)).leave()
  await campus.recordsOf(3 * WAITING)
  const left = Math.round((usedBytes() - before) / WAITING)
  t.comment(`${left} bytes are left of each`)
  t.ok(left < MOST_LEFT_EACH, 'nothing grows')
  const answer = await postChat(campus, 'hi', { stream: false })
  t.equal(answer.status, 200, 'the next one is served')
})
