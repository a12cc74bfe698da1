import { onFreePort } from '../ports.ts'
import { type ProcessSpec, startProcess } from '../process.ts'

/** A database or bus that is set up and can be started, and started again, at the same address. */
export interface Server {
  url: string
  port: number
  spec: ProcessSpec
}

/** A private server that runs on 127.0.0.1. */
export interface RunningServer {
  url: string
  port: number
  pid: number
  stop(): Promise<void>
}

export interface ServerOptions {
  /** Everything that the server keeps is in this folder. */
  dir: string
  port?: number | undefined
  /** The file to which its output goes; in `dir` by default. */
  log?: string | undefined
}

/** Starts a server and waits until it answers; on another free port when somebody took the chosen one. */
export function startServer(
  prepare: (port: number) => Promise<Server>,
  port?: number,
): Promise<RunningServer> {
  return onFreePort(async chosen => {
    const server = await prepare(chosen)
    const { pid, stop } = await startProcess(server.spec)
    return { url: server.url, port: server.port, pid, stop: () => stop() }
  }, port)
}
