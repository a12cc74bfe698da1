import { connect } from 'node:net'
import { join } from 'node:path'
import { onFreePort } from '@lectern/local/ports.ts'
import { startProcess } from '@lectern/local/process.ts'
import { pin, type Side } from '../machine/pin.ts'
import type { Place } from './contender.ts'

export interface Program {
  name: string
  command: string
  args(port: number): string[]
  env?: NodeJS.ProcessEnv
  side: Side
}

/** Starts a server of the benchmark on a free port of 127.0.0.1, bound to its side of the machine. */
export function startServer(
  { name, command, args, env = {}, side }: Program,
  { dir, closing }: Pick<Place, 'dir' | 'closing'>,
): Promise<{ port: number; pid: number }> {
  return onFreePort(async port => {
    const { pid, stop } = await startProcess({
      name,
      command,
      args: args(port),
      env: { PATH: process.env.PATH, PORT: String(port), ...env },
      logFile: join(dir, `${name}.log`),
      pidFile: join(dir, `${name}.pid`),
      ready: () => listens(port),
    })
    closing.defer(() => stop())
    pin(pid, side)
    return { port, pid }
  })
}

function listens(port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const socket = connect({ host: '127.0.0.1', port })
  socket.on('error', reject)
  socket.on('connect', () => {
    socket.destroy()
    resolve()
  })
  return promise
}
