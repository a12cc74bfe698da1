import { setTimeout as delay } from 'node:timers/promises'

/** Students who ask without a pause, streams and short requests, and count everything that is not a whole answer. */
export interface Traffic {
  /** Answers that came whole, and the ids under which they must be on record. */
  readonly answered: string[]
  /** What went wrong, in words. */
  readonly failures: string[]
  /** Asks nothing more, and waits for what is on its way. */
  stop(): Promise<void>
}

export interface Target {
  gatewayUrl: string
  keys: string[]
}

const STREAMS = 6
const SHORTS = 2
const PAUSE_MS = 30
/** Streams of about two seconds: several are open at any moment. */
const STREAM = { stream: true, directive: '[[demo: tokens=40 first=100 gap=50]]' }
const SHORT = { stream: false, directive: '[[demo: tokens=5 delay=20]]' }

export function startTraffic({ gatewayUrl, keys }: Target): Traffic {
  const answered: string[] = []
  const failures: string[] = []
  let stopping = false
  const work = async (worker: number) => {
    const kind = worker < STREAMS ? STREAM : SHORT
    const key = keys[worker % keys.length] ?? ''
    while (!stopping) {
      const { id, failure } = await ask(gatewayUrl, key, kind)
      if (failure) failures.push(`${new Date().toISOString()} ${failure}`)
      else answered.push(id)
      await delay(PAUSE_MS)
    }
  }
  const workers = Promise.all(Array.from({ length: STREAMS + SHORTS }, (_, worker) => work(worker)))
  return {
    answered,
    failures,
    async stop() {
      stopping = true
      await workers
    },
  }
}

async function ask(url: string, key: string, { stream, directive }: typeof STREAM) {
  let id = ''
  try {
    const response = await post(url, key, {
      stream,
      messages: [{ role: 'user', content: `go on ${directive}` }],
    })
    id = response.headers.get('x-request-id') ?? ''
    const text = await response.text()
    const whole = stream ? text.trimEnd().endsWith('data: [DONE]') : text.includes('"finish_reason":"stop"')
    if (response.ok && whole) return { id }
    return { id, failure: `${response.status} ${id}: ${text.slice(-300)}` }
  } catch (error) {
    const { message, cause } = error as Error
    return { id, failure: `${id}: ${message} ${cause instanceof Error ? cause.message : ''}` }
  }
}

/** One request of a student. */
export function post(url: string, key: string, body: object): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'lectern-demo', ...body }),
  })
}
