import { globSync } from 'node:fs'
import { chmod, mkdir, rename } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { UserError } from './options.ts'
import { readPidFile, removePidFile, stopLeftover, writePidFile } from './pid-file.ts'

/** The folder (`.lectern`) with everything that one running Lectern keeps. */
export interface Home {
  path: string
  /** Where the output of a process goes. */
  log(name: string): string
  /** Remembers a process of this home across a crash of the launcher. */
  pidFile(name: string): string
  release(): void
}

// A launcher that was just asked to stop needs a moment.
const WAIT_FOR_OTHER_MS = 5000

/** Takes the folder for this process alone, and stops what a killed run has left behind in it. */
export async function claimHome(path: string, say: (line: string) => void): Promise<Home> {
  // It holds passwords, keys and students' conversations.
  await mkdir(path, { recursive: true, mode: 0o700 })
  await chmod(path, 0o700)
  const run = join(path, 'run')
  const logs = join(path, 'logs')
  await mkdir(run, { recursive: true })
  await mkdir(logs, { recursive: true })
  const launcher = join(run, 'launcher.pid')
  await refuseSecondLauncher(path, launcher)
  writePidFile(launcher, process.pid)
  const pidFiles = globSync(join(run, '*.pid')).filter(pidFile => pidFile !== launcher)
  const leftOver = await Promise.all(pidFiles.map(pidFile => stopLeftover(pidFile)))
  const names = pidFiles.filter((_, index) => leftOver[index]).map(pidFile => basename(pidFile, '.pid'))
  if (names.length > 0) say(`stopped what a killed run has left behind: ${names.join(', ')}`)
  await setOldLogsAside(logs)
  return {
    path,
    log: name => join(logs, `${name}.log`),
    pidFile: name => join(run, `${name}.pid`),
    release: () => removePidFile(launcher),
  }
}

async function refuseSecondLauncher(path: string, launcher: string): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += 100) {
    const pid = readPidFile(launcher)
    if (pid === undefined) return
    if (waitedMs >= WAIT_FOR_OTHER_MS) {
      throw new UserError(
        `Lectern already runs in ${path} (process ${pid}). Stop it first, or give this one a folder and ports ` +
          'of its own: LECTERN_HOME=.lectern2 PORT=8090 npm start',
      )
    }
    await sleep(100)
  }
}

/** Each log begins anew; that of the run before is kept beside it. */
async function setOldLogsAside(logs: string): Promise<void> {
  for (const log of globSync(join(logs, '*.log'))) {
    if (!log.endsWith('.1.log')) await rename(log, log.replace(/\.log$/, '.1.log'))
  }
}
