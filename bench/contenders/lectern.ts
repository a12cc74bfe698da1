import { writeFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { type Launched, launchLectern } from '@lectern/local/testing.ts'
import { createLog } from '@lectern/shared/log.ts'
import { connectBus } from '@lectern/shared/nats/connect.ts'
import { jetstreamManager } from '@nats-io/jetstream'
import { pin } from '../machine/pin.ts'
import type { Contender, Place } from './contender.ts'

/** Lectern itself, as a user starts it, with the mock as its only provider. */
export interface LecternContender extends Contender {
  lectern: Launched
}

const MODELS = ['bench-short', 'bench-burst', 'bench-paced', 'bench-idle']
/** Limits are not what is measured. */
const GENEROUS = {
  weeklyTokens: 1_000_000_000,
  requestsPerMinute: 100_000,
  parallelRequests: 1000,
  tokensPerMinute: null,
}
const STUDENTS = 1000
const AT_ONCE = 200
const CONSUMERS = ['quota-ledger', 'logger-records']
const POLL_MS = 50
const SEND_SPANS_MS = 1000
const SETTLE_TIMEOUT_MS = 120_000

/** `students`: at least as many as users of a scenario should be somebody else. */
export async function startLectern(
  { mockUrl, dir, closing, say }: Place,
  students: number = STUDENTS,
  launch: typeof launchLectern = launchLectern,
): Promise<LecternContender> {
  say('starting Lectern')
  const providers = join(dir, 'providers.json')
  const models = MODELS.map(name => ({ name }))
  // More than the largest scenario has streams.
  const limits = { connections: 20_000 }
  const mock = { name: 'mock', kind: 'openai', baseUrl: mockUrl, limits, models }
  await writeFile(providers, JSON.stringify({ providers: [mock] }))
  const lectern = await launch({
    env: {
      LECTERN_PROVIDERS: providers,
      // Of as many requests as by default; soon, so that the cost falls into the turn that it belongs to.
      OTEL_EXPORTER_OTLP_ENDPOINT: new URL(mockUrl).origin,
      OTEL_BSP_SCHEDULE_DELAY: String(SEND_SPANS_MS),
    },
  })
  closing.defer(async () => void (await lectern.stop()))
  const { demo } = lectern
  const course = demo.course?.id ?? ''
  await send(demo, 'PATCH', `/api/courses/${course}`, GENEROUS)
  const keys = await enrol(demo, course, students)
  const { gateway = 0, ...others } = demo.pids
  pin(lectern.pid, 'load')
  for (const pid of Object.values(others)) pin(pid, 'load')
  pin(gateway, 'measured')
  return {
    name: 'Lectern',
    baseUrls: [`${demo.gatewayUrl}/v1`],
    heads: keys.map(headOf),
    pids: { gateway, ...others },
    settled: await watchConsumers(demo.natsUrl, closing),
    lectern,
  }
}

/** Lectern of another folder, which has its own packages: what a change costs is seen best in one run with what was before. */
export async function startBefore(place: Place, folder: string): Promise<LecternContender> {
  const { href } = pathToFileURL(resolve(folder, 'infra', 'local', 'src', 'testing.ts'))
  const { launchLectern: launch } = (await import(href)) as { launchLectern: typeof launchLectern }
  return { ...(await startLectern(place, STUDENTS, launch)), name: `before (${basename(folder)})` }
}

/** The lines of headers of a request with this key. */
export const headOf = (key: string) => `Authorization: Bearer ${key}\r\n`

/** Adds students to a course; answers their keys. */
export async function enrol(demo: Launched['demo'], course: string, count: number): Promise<string[]> {
  const keys: string[] = []
  for (let from = 0; from < count; from += AT_ONCE) {
    const people = Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, index) => ({
      name: `Student ${from + index}`,
      email: `student-${from + index}@example.edu`,
    }))
    const added = await send<{ key: string }[]>(demo, 'POST', `/api/courses/${course}/students`, people)
    keys.push(...added.map(({ key }) => key))
  }
  return keys
}

/** As staff do. */
export async function send<T>(
  { consoleUrl, adminToken }: Launched['demo'],
  method: string,
  path: string,
  body: object,
): Promise<T> {
  const answer = await fetch(consoleUrl + path, {
    method,
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
  return JSON.parse(text || 'null') as T
}

/** Waits until spans are sent and quota and the logger have taken in all records: that work belongs to the requests before it. */
async function watchConsumers(url: string, closing: AsyncDisposableStack): Promise<() => Promise<void>> {
  const nc = await connectBus({ url, service: 'ops', log: createLog('bench', 'silent') })
  closing.defer(() => nc.close())
  const { consumers } = await jetstreamManager(nc)
  const waiting = async () => {
    const all = await Promise.all(CONSUMERS.map(name => consumers.info('RECORDS', name)))
    return all.some(({ num_pending, num_ack_pending }) => num_pending + num_ack_pending > 0)
  }
  return async () => {
    await delay(SEND_SPANS_MS)
    const giveUpAt = performance.now() + SETTLE_TIMEOUT_MS
    while (await waiting()) {
      if (performance.now() > giveUpAt) throw new Error('quota or the logger do not take in the records')
      await delay(POLL_MS)
    }
  }
}
