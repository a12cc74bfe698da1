import { randomUUID } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { connect } from 'node:net'
import { join, resolve } from 'node:path'
import { findOrInstall } from '../binaries.ts'
import { stopLeftover } from '../pid-file.ts'
import { type RunningServer, type Server, type ServerOptions, startServer } from './server.ts'

export interface NatsOptions extends ServerOptions {
  /** A configuration file, for users and permissions; address and store always come from here. */
  config?: string
  /** What the configuration reads from its environment, such as passwords. */
  env?: Record<string, string>
}

/** Starts a private nats-server of 127.0.0.1 with JetStream, whose streams are kept in `dir`. */
export function startNats(options: NatsOptions): Promise<RunningServer> {
  return startServer(port => prepareNats({ ...options, port }), options.port)
}

/** Puts together the command of a private nats-server. */
export async function prepareNats(options: NatsOptions & { port: number }): Promise<Server> {
  const { port, config } = options
  const dir = resolve(options.dir)
  const { nats } = await findOrInstall(['nats'])
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const pidFile = join(dir, 'pid')
  await stopLeftover(pidFile)
  const serverName = `lectern-${randomUUID()}`
  const address = ['-a', '127.0.0.1', '-p', String(port), '-n', serverName]
  const store = ['-js', '-sd', join(dir, 'store')]
  return {
    url: `nats://127.0.0.1:${port}`,
    port,
    spec: {
      name: 'nats',
      command: nats,
      args: [...address, ...store, ...(config ? ['-c', config] : [])],
      env: { ...process.env, ...options.env },
      logFile: options.log ?? join(dir, 'nats.log'),
      pidFile,
      ready: () => greeting(port, serverName),
    },
  }
}

/**
 * A nats-server greets every connection with its name, before any password, once it and its streams are up. The name
 * tells ours from another one that holds the same port.
 */
function greeting(port: number, serverName: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const socket = connect(port, '127.0.0.1')
  let text = ''
  socket.setTimeout(1000, () => reject(new Error('no greeting')))
  socket.setEncoding('utf8')
  socket.on('error', reject)
  socket.on('end', () => reject(new Error('closed')))
  socket.on('data', chunk => {
    text += chunk
    if (text.includes(serverName)) resolve()
    else if (text.includes('\n')) reject(new Error('another server answers on this port'))
  })
  return promise.finally(() => socket.destroy())
}
