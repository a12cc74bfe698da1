import { setTimeout as delay } from 'node:timers/promises'
import type { Balancer } from '../balancer.ts'
import type { Kind, Seen } from '../crash/load.ts'
import { ask, MODEL, type Student } from '../system.ts'

/** Students who ask, and staff who look and publish, at a steady rate. */
export interface Traffic {
  /** Answers of models that came to their end; grows. */
  readonly seen: readonly Seen[]
  /** Every request that did not get what it should have, in a line each. */
  readonly failures: readonly string[]
  /** Requests of every kind that have ended. */
  count(): number
  go(): void
  /** No new requests; resolves when those on their way have ended. */
  pause(): Promise<void>
}

export interface TrafficParts {
  gateways: Balancer
  consoles: Balancer
  students: readonly Student[]
  adminToken: string
}

const PAUSE_MS = 100
/** A second and a half: each restart meets some of them in their middle. */
const LONG = 'first=50 gap=30 tokens=50'
const USUAL = 'first=20 gap=10 tokens=20'
const SHORT = 'tokens=8'

export function createTraffic({ gateways, consoles, students, adminToken }: TrafficParts): Traffic {
  const seen: Seen[] = []
  const failures: string[] = []
  let ended = 0
  const stopping = new AbortController()
  let running: Promise<unknown> = Promise.resolve()

  async function chat(student: Student, kind: Kind, directive: string): Promise<void> {
    const streams = kind === 'stream'
    const startedAt = performance.now()
    const body = {
      model: MODEL,
      messages: ask('Roll?', directive),
      max_tokens: 60,
      ...(streams ? { stream: true, stream_options: { include_usage: true } } : {}),
    }
    const response = await gateways.fetch('/v1/chat/completions', {
      method: 'POST',
      headers: { authorization: `Bearer ${student.key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    const text = await response.text()
    if (response.status !== 200) throw new Error(`${response.status} ${text}`)
    const events = streams ? eventsOf(text) : [text]
    if (streams && events.pop() !== '[DONE]') throw new Error(`ends with ${text.slice(-300)}`)
    const last = JSON.parse(events.at(-1) ?? '{}') as { usage?: { total_tokens: number } }
    seen.push({
      ...{ student: student.id, kind, id: response.headers.get('x-request-id'), admitted: true },
      ...{ status: 200, code: null, retryAfter: null, ended: true },
      tokens: last.usage?.total_tokens ?? null,
      tookMs: performance.now() - startedAt,
    })
  }

  async function call(balancer: Balancer, token: string, path: string, body?: object): Promise<void> {
    const response = await balancer.fetch(path, {
      headers: {
        authorization: `Bearer ${token}`,
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
      ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`)
  }

  /** One person who does one thing again and again. */
  async function repeat(name: string, work: () => Promise<void>): Promise<void> {
    while (!stopping.signal.aborted) {
      await work().catch((error: Error) =>
        failures.push(`${new Date().toISOString()} ${name}: ${error.message} ${error.cause ?? ''}`),
      )
      ended += 1
      await delay(PAUSE_MS, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }

  const staff = (path: string, body?: object) => call(consoles, adminToken, path, body)
  const ofCourse = '/api/courses/demo'
  const publish = { fromWeek: 1, toWeek: 3, text: 'Give hints, never whole solutions.' }
  return {
    seen,
    failures,
    count: () => ended,
    go() {
      running = Promise.all([
        ...students.flatMap(student => [
          repeat('long stream', () => chat(student, 'stream', LONG)),
          repeat('stream', () => chat(student, 'stream', USUAL)),
          repeat('answer', () => chat(student, 'whole', SHORT)),
        ]),
        ...students.slice(0, 1).map(({ key }) => repeat('balance', () => call(gateways, key, '/v1/quota'))),
        repeat('students', () => staff(`${ofCourse}/students`)),
        repeat('conversations', () => staff('/api/conversations?course=demo')),
        repeat('publish', () => staff(`${ofCourse}/prompts`, publish)),
      ])
    },
    async pause() {
      stopping.abort()
      await running
    },
  }
}

function eventsOf(text: string): string[] {
  return text.split('\n\n').flatMap(event => (event.startsWith('data: ') ? [event.slice(6)] : []))
}
