import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import pg from 'pg'
import { besideInitdb, findOrInstall } from '../binaries.ts'
import { stopLeftover } from '../pid-file.ts'
import { ProcessDied, type ProcessSpec, spawnProcess } from '../process.ts'
import { keptPassword } from './password.ts'
import { accessFor } from './postgres-user.ts'
import { type RunningServer, type Server, type ServerOptions, startServer } from './server.ts'

export interface PostgresOptions extends ServerOptions {
  /** Give up the safety of the data for speed: for tests whose data dies with them. */
  throwaway?: boolean
}

const USER = 'lectern'
const DATABASE = 'lectern'
/** How a new database cluster is made. */
export const INITDB_OPTIONS = [
  ...[`--username=${USER}`, '--auth=scram-sha-256'],
  // Order by bytes (fast), but letters as Unicode has them: the search index ignores what it takes for punctuation.
  ...['--encoding=UTF8', '--locale=C', '--lc-ctype=C.UTF-8', '--no-sync', '--no-instructions'],
]
// Smart shutdown (SIGTERM) would wait for every client to leave by itself; fast shutdown ends their sessions.
const STOP_SIGNAL = 'SIGINT'
// Messages in English: a taken port is recognised by its text.
const ENVIRONMENT = { ...process.env, LC_ALL: 'C' }

/** Starts a private Postgres of 127.0.0.1 that keeps its data in `dir`; the URL is that of its superuser. */
export function startPostgres(options: PostgresOptions): Promise<RunningServer> {
  return startServer(port => preparePostgres({ ...options, port }), options.port)
}

/** Creates the database cluster of a private Postgres, unless `dir` has it already. */
export async function preparePostgres(options: PostgresOptions & { port: number }): Promise<Server> {
  const { port } = options
  const dir = resolve(options.dir)
  const { postgres: initdb } = await findOrInstall(['postgres'])
  const files = filesIn(dir, options.log)
  await mkdir(dir, { recursive: true, mode: 0o700 })
  await stopLeftover(files.pid, STOP_SIGNAL)
  const password = await keptPassword(files.password)
  if (!existsSync(files.data)) await initialise(initdb, files)
  // The lock of a killed run names a pid that may be anyone's by now, which Postgres would take for a running server.
  await rm(join(files.data, 'postmaster.pid'), { force: true })
  const url = `postgresql://${USER}:${password}@127.0.0.1:${port}/${DATABASE}`
  const access = accessFor(files.data)
  const spec: ProcessSpec = {
    name: 'postgres',
    command: besideInitdb(initdb, 'postgres'),
    args: ['-D', ...access.paths, ...settings(port, options.throwaway)],
    env: ENVIRONMENT,
    logFile: files.log,
    pidFile: files.pid,
    stopSignal: STOP_SIGNAL,
    ready: () => openDatabase(url),
    ...access.spec,
  }
  return { url, port, spec }
}

function filesIn(dir: string, log = join(dir, 'postgres.log')) {
  return { data: join(dir, 'data'), password: join(dir, 'password'), pid: join(dir, 'pid'), log }
}

async function initialise(initdb: string, files: ReturnType<typeof filesIn>): Promise<void> {
  // Under another name until it is complete, so that a first start which is cut short is simply done again.
  const unfinished = `${files.data}.new`
  await rm(unfinished, { recursive: true, force: true })
  await mkdir(unfinished, { mode: 0o700 })
  const { paths, spec } = accessFor(unfinished, files.password)
  const [data = '', passwordFile] = paths
  const running = spawnProcess({
    name: 'initdb',
    command: initdb,
    args: ['-D', data, `--pwfile=${passwordFile}`, ...INITDB_OPTIONS],
    env: ENVIRONMENT,
    logFile: files.log,
    pidFile: files.pid,
    ready: () => Promise.resolve(),
    ...spec,
  })
  const ending = await running.exited
  if (ending !== 'exit code 0') throw new ProcessDied('initdb', ending, await running.lastLines())
  await rename(unfinished, files.data)
}

function settings(port: number, throwaway = false): string[] {
  const values: Record<string, string | number> = {
    listen_addresses: '127.0.0.1',
    port,
    // The default place may not be writable, and nobody needs a socket: every client has the URL.
    unix_socket_directories: '',
    // Every service of the demo, several replicas of it in tests, and a person with psql.
    max_connections: 200,
    logging_collector: 'off',
    ...(throwaway && { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  }
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

/** Connects to the database, and creates it the first time. */
async function openDatabase(url: string): Promise<void> {
  try {
    await query(url, 'SELECT 1')
  } catch (error) {
    if (!isMissingDatabase(error)) throw error
    await query(url.replace(new RegExp(`/${DATABASE}$`), '/postgres'), `CREATE DATABASE ${DATABASE}`)
  }
}

async function query(url: string, sql: string): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 2000,
    query_timeout: 20_000,
  })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query(sql)
  } finally {
    await client.end()
  }
}

function isMissingDatabase(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === '3D000'
}
