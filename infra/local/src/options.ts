import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

/** What the user asked for, by arguments and environment. */
export interface Options {
  home: string
  demo: boolean
  verbose: boolean
  /** Print the spans of each request. */
  trace: boolean
  /** 0: any free port. */
  port: number
  consolePort: number
  databaseUrl?: string | undefined
  redisUrl?: string | undefined
  natsUrl?: string | undefined
  providersFile?: string | undefined
}

const USAGE = `npm start -- [--no-demo] [--verbose] [--trace]

  --no-demo   start without the demo course and its students
  --verbose   show what every process logs
  --trace     show where the time of each request went, as a tree; goes before OTEL_* variables

  PORT (8080), CONSOLE_PORT (PORT + 1), LECTERN_HOME (.lectern), LECTERN_PROVIDERS (a providers file),
  DATABASE_URL, REDIS_URL, NATS_URL (servers to use instead of private ones)`

/** A request that cannot be carried out as given: shown as it is, without a stack. */
export class UserError extends Error {
  override readonly name = 'UserError'
}

/** Reads arguments and environment; npm runs this in the project's folder, to which paths are relative. */
export function readOptions(args: string[], env: NodeJS.ProcessEnv): Options {
  const flags = readFlags(args)
  const port = readPort('PORT', env.PORT, 8080)
  const consolePort = readPort('CONSOLE_PORT', env.CONSOLE_PORT, port && port + 1)
  if (port !== 0 && port === consolePort) throw new UserError(`PORT and CONSOLE_PORT are both ${port}`)
  return {
    home: resolve(env.LECTERN_HOME || '.lectern'),
    demo: !flags['no-demo'],
    verbose: flags.verbose,
    trace: flags.trace,
    port,
    consolePort,
    databaseUrl: env.DATABASE_URL || undefined,
    redisUrl: env.REDIS_URL || undefined,
    natsUrl: env.NATS_URL || undefined,
    providersFile: env.LECTERN_PROVIDERS ? resolve(env.LECTERN_PROVIDERS) : undefined,
  }
}

function readFlags(args: string[]) {
  const flag = { type: 'boolean', default: false } as const
  try {
    const { values } = parseArgs({
      args,
      options: { 'no-demo': flag, verbose: flag, trace: flag, help: flag },
    })
    if (values.help) throw new Error('Starts Lectern on this machine.')
    return values
  } catch (error) {
    throw new UserError(`${(error as Error).message}\n\n${USAGE}`)
  }
}

function readPort(variable: string, value: string | undefined, byDefault: number): number {
  const port = value ? Number(value) : byDefault
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new UserError(`${variable} must be a port number, but is "${value ?? port}"`)
}
