import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** The container engine of this machine, and whether the suite can run on it at all. */

const execute = promisify(execFile)
export const PROJECT = join(import.meta.dirname, '..', '..')
const MOST_OUTPUT_BYTES = 64 * 1024 ** 2

export interface RunOptions {
  cwd?: string
  env?: NodeJS.ProcessEnv
}

/** Runs a command to its end and answers what it printed; a failure carries everything that it said. */
export async function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  try {
    const { stdout } = await execute(command, args, { maxBuffer: MOST_OUTPUT_BYTES, ...options })
    return stdout
  } catch (thrown) {
    const { stdout = '', stderr = '' } = thrown as { stdout?: string; stderr?: string }
    throw new Error(`${command} ${args.join(' ')}:\n${stdout}${stderr}`, { cause: thrown })
  }
}

/** `docker …`. */
export const docker = (...args: string[]): Promise<string> => run('docker', args)

/** Compose in whichever form is installed: the command and its first arguments. */
export async function findCompose(): Promise<[string, ...string[]] | undefined> {
  for (const form of [['docker', 'compose'], ['docker-compose']] as const) {
    const [command, ...first] = form
    if (await succeeds(run(command, [...first, 'version']))) return [command, ...first]
  }
  return undefined
}

/** Why the suite cannot run here; undefined where it can. Images that are missing are pulled. */
export async function obstacle(): Promise<string | undefined> {
  if (!(await succeeds(docker('info')))) return 'no container engine answers (`docker info`)'
  if (!(await findCompose())) return 'neither `docker compose` nor `docker-compose` is installed'
  for (const image of baseImages()) {
    if (await succeeds(docker('image', 'inspect', image))) continue
    if (!(await succeeds(docker('pull', '--quiet', image)))) return `the image ${image} can be had nowhere`
  }
  return undefined
}

/** What the Dockerfile builds upon, and what docker-compose.yml runs besides without a profile. */
function baseImages(): string[] {
  const dockerfile = readFileSync(join(PROJECT, 'infra', 'Dockerfile'), 'utf8')
  const compose = readFileSync(join(PROJECT, 'docker-compose.yml'), 'utf8')
  const built = /^FROM (\S+:\S+)/m.exec(dockerfile)?.[1] ?? ''
  const run = [...compose.matchAll(/^ {4}image: ((?:postgres|redis|nats|haproxy):\S+)$/gm)]
  return [built, ...run.map(([, image = '']) => image)]
}

async function succeeds(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  )
}
