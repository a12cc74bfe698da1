import { spawn, spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { removePidFile, writePidFile } from './pid-file.ts'

/** Everything needed to start one process, to know when it is ready, and to stop it. */
export interface ProcessSpec {
  name: string
  command: string
  args: string[]
  cwd?: string
  env?: NodeJS.ProcessEnv
  user?: { uid: number; gid: number }
  /** Paths that the process gets opened, as descriptors 3, 4, ...: its user may not be able to walk to them. */
  opened?: string[]
  logFile: string
  pidFile: string
  stopSignal?: NodeJS.Signals
  /** How long it may take to stop before it is killed. */
  stopDeadlineMs?: number
  /** Resolves when the process can do its work; asked again and again until then. */
  ready(): Promise<unknown>
}

export interface RunningProcess {
  pid: number
  exited: Promise<string>
  /** Why it ended ('exit code 1'), once it has. */
  ending(): string | undefined
  /** What it has written since it was started, the last lines only. */
  lastLines(): Promise<string>
  stop(deadlineMs?: number): Promise<void>
}

const READY_POLL_MS = 25
const STOP_DEADLINE_MS = 10_000
// A Node that crashes needs about twenty for the error and its stack.
const LAST_LINES = 20

/** A process that ended when it should not have: its message says how, with its last words. */
export class ProcessDied extends Error {
  override readonly name = 'ProcessDied'
  readonly portTaken: boolean

  constructor(name: string, ending: string, lastLines: string) {
    super(`${name} stopped: ${ending}${lastLines ? `\n${lastLines.replace(/^/gm, '  | ')}` : ''}`)
    this.portTaken = /EADDRINUSE|address already in use/i.test(lastLines)
  }
}

let wrapper: string[] | undefined

/** On Linux a child can die with its parent, so that even `kill -9` of the launcher leaves nothing behind. */
function dieWithParent(signal: string): string[] {
  wrapper ??=
    spawnSync('setpriv', ['--pdeathsig', 'TERM', 'true']).status === 0 ? ['setpriv', '--pdeathsig'] : []
  return wrapper.length > 0 ? [...wrapper, signal.replace('SIG', ''), '--'] : []
}

/** Starts a process in a group of its own: Ctrl-C reaches the launcher only, which then stops all in order. */
export function spawnProcess(spec: ProcessSpec): RunningProcess {
  mkdirSync(dirname(spec.logFile), { recursive: true })
  const log = openSync(spec.logFile, 'a', 0o600)
  const logStart = statSync(spec.logFile).size
  const stopSignal = spec.stopSignal ?? 'SIGTERM'
  const [command = '', ...args] = [...dieWithParent(stopSignal), spec.command, ...spec.args]
  const opened = (spec.opened ?? []).map(path => openSync(path, 'r'))
  const child = spawn(command, args, {
    cwd: spec.cwd,
    env: spec.env ?? process.env,
    stdio: ['ignore', log, log, ...opened],
    detached: true,
    ...spec.user,
  })
  for (const descriptor of [log, ...opened]) closeSync(descriptor)
  let ending: string | undefined
  const exited = new Promise<string>(resolve => {
    const end = (why: string) => {
      ending ??= why
      resolve(ending)
    }
    child.on('error', error => end(error.message))
    child.once('exit', (code, signal) => end(signal ? `killed by ${signal}` : `exit code ${code}`))
  })
  const lastLines = () => readLastLines(spec.logFile, logStart)
  if (child.pid === undefined) throw new ProcessDied(spec.name, `${command} cannot be started`, '')
  const { pid } = child
  writePidFile(spec.pidFile, pid)

  const stop = async (deadlineMs = spec.stopDeadlineMs ?? STOP_DEADLINE_MS) => {
    if (!ending) child.kill(stopSignal)
    const timer = setTimeout(() => child.kill('SIGKILL'), deadlineMs)
    await exited
    clearTimeout(timer)
    removePidFile(spec.pidFile)
  }
  return { pid, exited, ending: () => ending, lastLines, stop }
}

/** Waits until the process says that it is ready; throws when it dies first or takes too long. */
export async function untilReady(
  spec: ProcessSpec,
  running: RunningProcess,
  timeoutMs = 60_000,
): Promise<void> {
  const giveUpAt = performance.now() + timeoutMs
  for (;;) {
    const state = await Promise.race([running.exited, spec.ready().then(() => true, String)])
    const ending = running.ending()
    if (ending) throw new ProcessDied(spec.name, ending, await running.lastLines())
    if (state === true) return
    if (performance.now() > giveUpAt) {
      const said = await running.lastLines()
      await running.stop()
      throw new ProcessDied(spec.name, `not ready within ${timeoutMs / 1000} s (${state})`, said)
    }
    await sleep(READY_POLL_MS)
  }
}

/** Starts a process and waits until it is ready. */
export async function startProcess(spec: ProcessSpec): Promise<RunningProcess> {
  const running = spawnProcess(spec)
  await untilReady(spec, running)
  return running
}

async function readLastLines(path: string, from: number): Promise<string> {
  const file = await open(path).catch(() => undefined)
  if (!file) return ''
  try {
    const { size } = await file.stat()
    const start = Math.max(from, size - 8192)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.max(size - start, 0)), {
      position: start,
    })
    return buffer.toString('utf8', 0, bytesRead).trimEnd().split('\n').slice(-LAST_LINES).join('\n')
  } finally {
    await file.close()
  }
}
