import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'

/** A CPU profile as V8 writes it. */
export interface CpuProfile {
  nodes: {
    id: number
    callFrame: { functionName: string; url: string; lineNumber: number }
    children?: number[]
  }[]
  /** The node of each sample, and the microseconds since the sample before. */
  samples: number[]
  timeDeltas: number[]
}

/** Where Node opens its inspector when it gets SIGUSR1. */
const ADDRESS = 'http://127.0.0.1:9229'
const TRIES = 40
const POLL_MS = 50
const INTERVAL_MICROSECONDS = 500

/** Profiles a running Node process while `work` goes on: its start is not in the profile. */
export async function profileWhile(pid: number, work: () => Promise<unknown>): Promise<CpuProfile> {
  process.kill(pid, 'SIGUSR1')
  const inspector = await connect()
  try {
    const { result } = await inspector.send<{ result: { value: number } }>('Runtime.evaluate', {
      expression: 'process.pid',
    })
    if (result.value !== pid)
      throw new Error(`another process (${result.value}) is being inspected at ${ADDRESS}`)
    await inspector.send('Profiler.enable')
    await inspector.send('Profiler.setSamplingInterval', { interval: INTERVAL_MICROSECONDS })
    await inspector.send('Profiler.start')
    await work()
    return (await inspector.send<{ profile: CpuProfile }>('Profiler.stop')).profile
  } finally {
    inspector.close()
  }
}

async function connect() {
  const socket = new WebSocket(await findUrl())
  await once(socket, 'open')
  const waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>()
  socket.addEventListener('message', ({ data }) => {
    const { id, result, error } = JSON.parse(String(data))
    if (error) waiting.get(id)?.reject(new Error(error.message))
    else waiting.get(id)?.resolve(result)
    waiting.delete(id)
  })
  let last = 0
  return {
    send<T>(method: string, params: object = {}): Promise<T> {
      const id = ++last
      const { promise, resolve, reject } = Promise.withResolvers<unknown>()
      waiting.set(id, { resolve, reject })
      socket.send(JSON.stringify({ id, method, params }))
      return promise as Promise<T>
    },
    close: () => socket.close(),
  }
}

async function findUrl(): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const [target] = (await (await fetch(`${ADDRESS}/json/list`)).json()) as {
        webSocketDebuggerUrl: string
      }[]
      if (target) return target.webSocketDebuggerUrl
    } catch (error) {
      if (attempt >= TRIES) throw error
    }
    await delay(POLL_MS)
  }
}
