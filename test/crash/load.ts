import { setTimeout as delay } from 'node:timers/promises'
import { type Random, seeded } from '../random.ts'
import { ask, MODEL, type Student, type System } from '../system.ts'

/** Who asks: most have tokens in plenty; the others are always near the end of theirs. */
export interface Classroom {
  ample: readonly Student[]
  tight: readonly Student[]
  /** Gives somebody who has no tokens left a few more; whether that succeeds is for the books to say. */
  refill(student: Student): Promise<void>
}

export type Kind = 'whole' | 'stream' | 'leave' | 'fail'

/** One request as its client saw it. */
export interface Seen {
  student: string
  kind: Kind
  /** `x-request-id`; null: no headers came. */
  id: string | null
  /** A hold was made for it. */
  admitted: boolean
  status: number | null
  code: string | null
  retryAfter: string | null
  /** The client saw the end of its answer. */
  ended: boolean
  /** Tokens that the answer reported; null where it did not get that far. */
  tokens: number | null
  tookMs: number
}

export interface Load {
  /** Everything that was seen; grows. */
  readonly seen: readonly Seen[]
  go(): void
  /** No new requests; resolves when those on their way have ended. */
  pause(): Promise<void>
}

const WORKERS = 10
const MOST_PAUSE_MS = 60
/** A client waits this long; longer than anything here may take, so that a request that hangs is a fault. */
export const PATIENCE_MS = 20_000

/** Students who keep asking, a hundred mixed requests a second or so. */
export function createLoad({ demo }: System, { ample, tight, refill }: Classroom, seed: number): Load {
  const seen: Seen[] = []
  let stopping = new AbortController()
  let running: Promise<unknown> = Promise.resolve()
  const refills = new Map<Student, Promise<void>>()
  const randoms = Array.from({ length: WORKERS }, (_, worker) => seeded(seed * 1000 + worker))

  async function work(random: Random, stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      const student = random.pick(random.between(1, 3) === 1 ? tight : ample)
      const kind = random.pick<Kind>(['whole', 'whole', 'stream', 'stream', 'stream', 'leave', 'fail'])
      const answer = await request(demo.gatewayUrl, student, kind, random)
      seen.push(answer)
      if (answer.code === 'insufficient_quota') refillOnce(student)
      await delay(random.between(0, MOST_PAUSE_MS), undefined, { signal: stop }).catch(() => undefined)
    }
  }
  function refillOnce(student: Student): void {
    if (refills.has(student)) return
    refills.set(
      student,
      refill(student).finally(() => refills.delete(student)),
    )
  }
  return {
    seen,
    go() {
      stopping = new AbortController()
      running = Promise.all(randoms.map(random => work(random, stopping.signal)))
    },
    async pause() {
      stopping.abort()
      await running
      await Promise.all(refills.values())
    },
  }
}

function directiveOf(kind: Kind, random: Random): string {
  if (kind === 'fail') return 'status=500'
  if (kind === 'whole') return `tokens=${random.between(1, 30)}`
  if (kind === 'leave') return 'tokens=400 gap=5'
  return `tokens=${random.between(5, 40)} gap=${random.between(1, 12)}`
}

/** One request, read to its end, or left after its first bytes; never throws. */
export async function request(
  gatewayUrl: string,
  { id: student, key }: Student,
  kind: Kind,
  random: Random,
): Promise<Seen> {
  const startedAt = performance.now()
  const seen: Seen = {
    ...{ student, kind, id: null, admitted: false, status: null, code: null, retryAfter: null },
    ...{ ended: false, tokens: null, tookMs: 0 },
  }
  const streams = kind === 'stream' || kind === 'leave'
  try {
    const response = await fetch(`${gatewayUrl}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        model: MODEL,
        messages: ask('Crash?', directiveOf(kind, random)),
        max_tokens: kind === 'leave' ? 400 : 60,
        ...(streams ? { stream: true, stream_options: { include_usage: true } } : {}),
      }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
    seen.status = response.status
    seen.id = response.headers.get('x-request-id')
    seen.admitted = response.headers.has('x-lectern-week')
    seen.retryAfter = response.headers.get('retry-after')
    await read(response, seen)
  } catch {
    // The connection broke: what was seen until then stands.
  }
  return { ...seen, tookMs: performance.now() - startedAt }
}

async function read(response: Response, seen: Seen): Promise<void> {
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false
  if (!isStream || !response.body) return note(await response.json(), seen, true)
  let text = ''
  for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
    text += part
    // Leaving the loop closes the connection.
    if (seen.kind === 'leave' && text.split('\n\n').length > 5) return
  }
  const events = text.split('\n\n').flatMap(event => (event.startsWith('data: ') ? [event.slice(6)] : []))
  for (const event of events) if (event !== '[DONE]') note(JSON.parse(event), seen, false)
  seen.ended = events.at(-1) === '[DONE]'
}

function note(body: unknown, seen: Seen, isWhole: boolean): void {
  const { error, usage } = body as { error?: { code: string }; usage?: { total_tokens: number } | null }
  if (error) seen.code = error.code
  if (usage) seen.tokens = usage.total_tokens
  if (isWhole && !error) seen.ended = true
}
