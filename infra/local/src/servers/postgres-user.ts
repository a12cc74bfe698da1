import { spawnSync } from 'node:child_process'
import { chownSync, existsSync } from 'node:fs'
import type { ProcessSpec } from '../process.ts'

type UserPart = Pick<ProcessSpec, 'user' | 'cwd' | 'opened'>

/** How a process is run as the user that owns the database, and what it calls the paths that it needs. */
export interface Access {
  paths: string[]
  spec: UserPart
}

/**
 * Postgres refuses to run as root. As root, gives the paths to an unprivileged user and answers how to run as that
 * user; as anyone else, changes nothing.
 */
export function accessFor(...paths: string[]): Access {
  const user = unprivilegedUser()
  if (!user) return { paths, spec: {} }
  for (const path of paths) chownSync(path, user.uid, user.gid)
  // Below /root that user cannot walk to its own data. An inherited descriptor of it needs no walk.
  if (!existsSync('/proc/self/fd')) return { paths, spec: { user, cwd: '/' } }
  return {
    paths: paths.map((_, index) => `/proc/self/fd/${index + 3}`),
    spec: { user, cwd: '/', opened: paths },
  }
}

function unprivilegedUser(): UserPart['user'] {
  if (process.getuid?.() !== 0) return undefined
  for (const name of ['postgres', 'nobody']) {
    const uid = idOf('-u', name)
    const gid = idOf('-g', name)
    if (uid && gid) return { uid, gid }
  }
  throw new Error('PostgreSQL must not run as root, and this machine has neither a user postgres nor nobody')
}

function idOf(option: string, name: string): number {
  return Number(spawnSync('id', [option, name], { encoding: 'utf8' }).stdout)
}
