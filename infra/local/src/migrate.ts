import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Home } from './home.ts'
import type { Secrets } from './secrets.ts'
import type { Addresses } from './services.ts'
import { PROJECT } from './services.ts'

const TIMEOUT_MS = 120_000

/** Brings the database up to date; answers the URL by which each service then reaches its own schema. */
export async function migrate(
  home: Home,
  adminUrl: string,
  { database }: Secrets,
): Promise<Addresses['databaseUrl']> {
  const output = await runMigrations(home, {
    ...process.env,
    DATABASE_URL: adminUrl,
    QUOTA_DB_PASSWORD: database.quota,
    PROMPTS_DB_PASSWORD: database.prompts,
    LOGGER_DB_PASSWORD: database.logger,
  })
  // On a server of the user's own we may not be allowed to create roles; then all use the one that was given.
  if (!madeRoles(output)) return { quota: adminUrl, prompts: adminUrl, logger: adminUrl }
  const urlOf = (name: keyof typeof database) => withUser(adminUrl, `lectern_${name}`, database[name])
  return { quota: urlOf('quota'), prompts: urlOf('prompts'), logger: urlOf('logger') }
}

async function runMigrations(home: Home, env: NodeJS.ProcessEnv): Promise<string> {
  const script = join(PROJECT, 'infra', 'migrate.ts')
  const log = home.log('migrate')
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [script], {
      env,
      cwd: PROJECT,
      timeout: TIMEOUT_MS,
    })
    await writeFile(log, stderr + stdout)
    return stdout
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    await writeFile(log, `${stdout}${stderr}`)
    throw new Error(
      `the migration of the database failed:\n${(stderr || stdout || String(error)).trim().replace(/^/gm, '  | ')}`,
    )
  }
}

function madeRoles(output: string): boolean {
  const answer = output
    .trim()
    .split('\n')
    .findLast(line => line.startsWith('{'))
  return answer ? JSON.parse(answer).roles === true : false
}

function withUser(url: string, user: string, password: string): string {
  const changed = new URL(url)
  changed.username = user
  changed.password = password
  return changed.href
}
