import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { ProcessDied } from './process.ts'

// Below the range from which Linux (32768-60999) and macOS (49152-) take the ports of outgoing connections,
// so that a port which is free now is still ours when its server is restarted later.
const LOWEST = 20_000
const HIGHEST = 32_000
const ATTEMPTS = 50

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

/** A free port of 127.0.0.1, chosen at random so that two callers at once rarely meet. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = randomInt(LOWEST, HIGHEST)
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
