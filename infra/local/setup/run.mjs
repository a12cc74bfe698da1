// Runs the commands of the set-up, one at a time, and passes signals on to the one that runs.
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const PROJECT = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))))
export const BIN = join(PROJECT, 'node_modules', '.bin')

const STILL_ALIVE_MS = 15_000
const ORPHAN_POLL_MS = 1000

export const say = line => process.stdout.write(`${line}\n`)

let running
let interruptedBy

function passOn(signal) {
  interruptedBy = signal
  // A terminal sends Ctrl-C to the child as well, and only Lectern itself does not mind to hear it twice.
  const heardIt = signal === 'SIGINT' && process.stdin.isTTY
  if (running && (running.orderly || !heardIt)) running.child.kill(signal)
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => passOn(signal))

// npm outlives its scripts, unless it is killed: then nobody is left to stop this one.
const npm = process.env.npm_lifecycle_event && process.ppid
setInterval(() => {
  if (npm && process.ppid !== npm) passOn('SIGTERM')
}, ORPHAN_POLL_MS).unref()

/**
 * Runs a command and answers its exit code. `quiet` shows its output only if it fails; `orderly` is for a child that
 * stops in order when it is told to: it is waited for, however long that takes.
 */
export function run(command, args, { quiet = false, orderly = false, env = {} } = {}) {
  const stdio = quiet ? ['ignore', 'pipe', 'pipe'] : ['inherit', 'inherit', 'inherit']
  // By the channel the child notices when this process is killed, and stops as well.
  if (orderly) stdio.push('ipc')
  const path = `${BIN}${delimiter}${process.env.PATH}`
  const child = spawn(command, args, { cwd: PROJECT, stdio, env: { ...process.env, PATH: path, ...env } })
  running = { child, orderly }
  const output = []
  for (const stream of quiet ? [child.stdout, child.stderr] : [])
    stream.on('data', chunk => output.push(chunk))
  return new Promise(resolve => {
    child.on('error', error => {
      say(`${command}: ${error.message}`)
      resolve(1)
    })
    child.on('close', (code, signal) => {
      if (interruptedBy && !orderly) process.exit(128 + constants.signals[interruptedBy])
      if (code !== 0) process.stderr.write(Buffer.concat(output))
      resolve(code ?? 128 + constants.signals[signal])
    })
  })
}

/** One step of the set-up: says what it does, shows that it is alive, and ends everything when it fails. */
export async function step(title, command, args, env) {
  say(title)
  const began = Date.now()
  const elapsed = () => `${((Date.now() - began) / 1000).toFixed(1)} s`
  const timer = setInterval(() => say(`  still at it after ${elapsed()}`), STILL_ALIVE_MS)
  const code = await run(command, args, { quiet: true, env })
  clearInterval(timer)
  if (code !== 0) {
    say(`  failed after ${elapsed()}: ${command} ${args.join(' ')}`)
    process.exit(code)
  }
  say(`  done in ${elapsed()}`)
}
