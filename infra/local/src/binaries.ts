import { accessSync, constants, globSync, realpathSync, statSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { installPackages } from './install.ts'

export type ServerName = 'postgres' | 'redis' | 'nats'
/** The servers, and the browser in which the console's pages are tested. */
type ProgramName = ServerName | 'chromium'

interface Binary {
  title: string
  /** The program that must be there. Debian puts only Postgres' clients on PATH; initdb stands beside the server. */
  program: string
  /** Places outside PATH, as globs; the last match (the highest version) wins. */
  elsewhere: string[]
  debianPackage: string
  brewPackage: string
}

const BINARIES: Record<ProgramName, Binary> = {
  postgres: {
    title: 'PostgreSQL',
    program: 'initdb',
    elsewhere: [
      '/usr/lib/postgresql/*/bin',
      '/usr/pgsql-*/bin',
      '/opt/homebrew/opt/postgresql*/bin',
      '/usr/local/opt/postgresql*/bin',
    ],
    debianPackage: 'postgresql',
    brewPackage: 'postgresql@17',
  },
  redis: {
    title: 'Redis',
    program: 'redis-server',
    elsewhere: ['/usr/sbin', '/opt/homebrew/bin', '/usr/local/bin'],
    debianPackage: 'redis-server',
    brewPackage: 'redis',
  },
  nats: {
    title: 'nats-server',
    program: 'nats-server',
    elsewhere: ['/usr/sbin', '/opt/homebrew/bin', '/usr/local/bin'],
    debianPackage: 'nats-server',
    brewPackage: 'nats-server',
  },
  chromium: {
    title: 'Chromium',
    program: 'chromium',
    elsewhere: ['/Applications/Chromium.app/Contents/MacOS'],
    debianPackage: 'chromium',
    brewPackage: '--cask chromium',
  },
}

/** The first directory of PATH that has the program, else the best of the given places. */
export function findProgram(program: string, elsewhere: string[] = []): string | undefined {
  const onPath = (process.env.PATH ?? '').split(delimiter).filter(Boolean)
  const others = elsewhere.flatMap(pattern => globSync(pattern).sort(byVersion).reverse())
  for (const folder of [...onPath, ...others]) {
    const path = join(folder, program)
    if (isExecutable(path)) return path
  }
  return undefined
}

/** Where this program is on this machine, if anywhere. */
export function findServer(name: ProgramName): string | undefined {
  return findProgram(BINARIES[name].program, BINARIES[name].elsewhere)
}

/** Finds the programs, installs those that are missing, and answers the path of each program. */
export async function findOrInstall<Name extends ProgramName>(
  names: Name[],
  say: (line: string) => void = () => {},
): Promise<Record<Name, string>> {
  const missing = names.filter(name => !findServer(name))
  if (missing.length > 0) {
    const wanted = missing.map(name => BINARIES[name])
    await installPackages({
      titles: wanted.map(binary => binary.title),
      debian: wanted.map(binary => binary.debianPackage),
      brew: wanted.map(binary => binary.brewPackage),
      say,
    })
  }
  const found = names.map(name => [name, findServer(name) ?? notFound(name)])
  return Object.fromEntries(found)
}

function notFound(name: ProgramName): never {
  throw new Error(
    `${BINARIES[name].title} was installed, but its program ${BINARIES[name].program} is nowhere to be found`,
  )
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

function byVersion(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true })
}

/** Postgres' programs stand together, though only a link to one of them may be on PATH. */
export function besideInitdb(initdb: string, program: string): string {
  return join(dirname(realpathSync(initdb)), program)
}
