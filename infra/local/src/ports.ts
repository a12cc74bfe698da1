import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { ProcessDied } from './process.ts'

// Below the range from which Linux (32768-60999) and macOS (49152-) take the ports of outgoing connections,
// so that a port which is free now is still ours when its server is restarted later.
const LOWEST = 20_000
const HIGHEST = 32_000
const ATTEMPTS = 50
// Several of us may start servers at once, and some stop and start theirs again: each process looks in a stretch of its own first.
const STRETCH = 200
const STRETCHES = (HIGHEST - LOWEST) / STRETCH
const OWN = LOWEST + (process.pid % STRETCHES) * STRETCH
const handedOut = new Set<number>()

/** Whether a server could listen on this port of 127.0.0.1 now. */
export async function isFree(port: number): Promise<boolean> {
  const probe = createServer()
  try {
    probe.listen(port, '127.0.0.1')
    await once(probe, 'listening')
    return true
  } catch {
    return false
  } finally {
    if (probe.listening) await new Promise(done => probe.close(done))
  }
}

/** A free port of 127.0.0.1 that this process was not given before, chosen at random so that two processes at once rarely meet. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 2 * ATTEMPTS; attempt += 1) {
    const port = attempt < ATTEMPTS ? OWN + randomInt(STRETCH) : randomInt(LOWEST, HIGHEST)
    if (handedOut.has(port)) continue
    handedOut.add(port)
    if (await isFree(port)) return port
  }
  throw new Error(`no free port found between ${LOWEST} and ${HIGHEST} of 127.0.0.1`)
}

/** Starts something on a free port, and on another one when somebody was faster. A given port is not changed. */
export async function onFreePort<T>(start: (port: number) => Promise<T>, given?: number): Promise<T> {
  if (given) return start(given)
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start(await freePort())
    } catch (error) {
      if (!(error instanceof ProcessDied && error.portTaken) || attempt === 5) throw error
    }
  }
}
