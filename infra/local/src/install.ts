import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { timed } from './progress.ts'

/** What to install, under the names that people, Debian and Homebrew know it by. */
export interface Packages {
  titles: string[]
  debian: string[]
  brew: string[]
  say(line: string): void
}

const SCRIPT = fileURLToPath(new URL('install-debian.sh', import.meta.url))
const LAST_LINES = 15

/** Installs packages with apt-get as root or by sudo; where that cannot be, says what to install. */
export async function installPackages({ titles, debian, brew, say }: Packages): Promise<void> {
  const names = new Intl.ListFormat('en').format(titles)
  const root = asRoot()
  if (!root || !works('apt-get', '--version')) {
    throw new Error(
      `${names} ${titles.length > 1 ? 'are' : 'is'} needed and not installed here. Install with one of\n` +
        `  sudo apt-get install ${debian.join(' ')}\n` +
        `  brew install ${brew.join(' ')}\n` +
        'or set DATABASE_URL, REDIS_URL and NATS_URL to servers that you have.',
    )
  }
  say(`installing ${names} with apt-get (about a minute)`)
  await timed(say, 'installed', () => runScript([...root, 'sh', SCRIPT, ...debian]))
}

async function runScript([command = '', ...args]: string[]): Promise<void> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  if (child.exitCode === 0) return
  const lastLines = `${output}\n${errors}`.trim().split('\n').slice(-LAST_LINES).join('\n  | ')
  throw new Error(`apt-get could not install what is needed:\n  | ${lastLines}`)
}

/** What to put before a command that root must run; nothing if we may not. */
function asRoot(): string[] | undefined {
  if (process.getuid?.() === 0) return []
  return works('sudo', '-n', 'true') ? ['sudo', '-n'] : undefined
}

function works(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0
}
