import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { copyNewCluster } from './servers/postgres-template.ts'
import type { Demo } from './state.ts'

export interface Launch {
  env?: NodeJS.ProcessEnv
  args?: string[]
}

/** A whole Lectern, started as a user would, in a folder of its own. */
export interface Launched {
  pid: number
  home: string
  demo: Demo
  /** Everything that it has said on its terminal. */
  output(): string
  /** Reads demo.json again: pids change when a process is restarted. */
  refresh(): Promise<Demo>
  /** Asks it to stop, waits until it has, and answers its exit code. A folder that was made for it is removed. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))
const READY_TIMEOUT_MS = 120_000
// Settings of the person who runs the tests, which must not reach the system under test.
const NOT_INHERITED =
  /^(PORT|CONSOLE_PORT|HOST|LECTERN_.*|DATABASE_URL|REDIS_URL|NATS_URL|.*_API_KEY|NODE_OPTIONS|OTEL_.*)$/

/** Starts Lectern with the demo course on free ports and waits until it is ready. */
export async function launchLectern({ env = {}, args = [] }: Launch = {}): Promise<Launched> {
  const home = env.LECTERN_HOME ?? (await newHome())
  const inherited = Object.entries(process.env).filter(([name]) => !NOT_INHERITED.test(name))
  // It stops by itself when this process goes away: the channel that fork() opens tells it.
  const child = fork(MAIN, args, {
    // An Ollama of this machine would take the demo provider's place.
    env: {
      ...Object.fromEntries(inherited),
      OLLAMA_HOST: '127.0.0.1:1',
      PORT: '0',
      ...env,
      LECTERN_HOME: home,
    },
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', chunk => (output += chunk))
  const closed = once(child, 'close')
  const file = join(home, 'demo.json')
  const refresh = async (): Promise<Demo> => JSON.parse(await readFile(file, 'utf8'))
  const stop = async (signal: NodeJS.Signals = 'SIGINT') => {
    child.kill(signal)
    await closed
    if (!env.LECTERN_HOME) await rm(home, { recursive: true, force: true })
    return child.exitCode
  }
  const giveUpAt = performance.now() + READY_TIMEOUT_MS
  while (!output.includes('Lectern is running.') || !existsSync(file)) {
    const over = child.exitCode !== null || child.signalCode !== null
    if (over || performance.now() > giveUpAt) {
      await stop()
      throw new Error(`Lectern ${over ? `ended with ${child.exitCode}` : 'is not ready'}:\n${output}`)
    }
    await sleep(50)
  }
  return { pid: child.pid ?? 0, home, demo: await refresh(), output: () => output, refresh, stop }
}

async function newHome(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'lectern-'))
  await copyNewCluster(join(home, 'postgres'))
  return home
}
