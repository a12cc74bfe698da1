import { type Static, type TObject, Type } from 'typebox'
import { Settings } from 'typebox/system'
import { Value } from 'typebox/value'
import { LOG_LEVELS } from './contracts/ops.ts'

// TypeBox stops after eight errors; an operator wants to see them all at once.
Settings.Set({ maxErrors: 256 })

/** The part of the environment that every service has. */
export const CommonConfig = {
  NATS_URL: Type.String({
    pattern: '^(nats|tls)://',
    description: 'nats://user:password@host:port of the bus',
  }),
  LOG_LEVEL: Type.Enum([...LOG_LEVELS, 'silent'], {
    default: 'info',
    description: 'how much is logged; staff can change it for a while (docs/api.md)',
  }),
  HOST: Type.String({ default: '127.0.0.1', minLength: 1, description: 'address to listen on' }),
  OPS_PORT: Type.Integer({
    default: 0,
    minimum: 0,
    maximum: 65535,
    description: 'port of /healthz, /readyz and /metrics; 0 picks a free one',
  }),
  SHUTDOWN_GRACE_MS: Type.Integer({
    default: 30_000,
    minimum: 0,
    description:
      'how long running work may take to finish after a stop was asked; 30 s is what Kubernetes grants',
  }),
}

/** The part that every service with Postgres has, beside its DATABASE_URL. */
export const PostgresConfig = {
  SLOW_QUERY_MS: Type.Integer({
    default: 1000,
    minimum: 0,
    description: 'a statement that takes longer is logged and counted, by its name',
  }),
}

/** The part that every service which reads a stream has: whoever comes first makes the streams. */
export const StreamsConfig = {
  STREAM_REPLICAS: Type.Integer({
    default: 1,
    minimum: 1,
    maximum: 5,
    description:
      'servers that keep a copy of each stream, when it is first made; 3 on a bus of three, so that one may be lost',
  }),
}

/** A wrong environment: every fault at once, in words an operator can act on. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(`The environment is not valid:\n${faults.map(fault => `  - ${fault}`).join('\n')}`)
    this.faults = faults
  }
}

/**
 * Reads a service's environment by its schema: text becomes numbers and booleans, defaults fill gaps, empty strings
 * count as unset. Throws a ConfigError that lists all faults.
 */
export function readConfig<T extends TObject>(schema: T, env: NodeJS.ProcessEnv = process.env): Static<T> {
  const given: Record<string, unknown> = {}
  for (const name of Object.keys(schema.properties)) {
    if (env[name] !== undefined && env[name] !== '') given[name] = env[name]
  }
  const value = Value.Convert(schema, Value.Default(schema, given))
  const faults = new Map<string, string>()
  for (const error of Value.Errors(schema, value)) {
    for (const name of namesAtFault(error)) {
      if (!faults.has(name)) faults.set(name, faultText(schema, name, given[name], error.message))
    }
  }
  if (faults.size > 0) throw new ConfigError([...faults.values()])
  return value as Static<T>
}

function namesAtFault(error: { instancePath: string; keyword?: string; params?: unknown }): string[] {
  const [, name] = error.instancePath.split('/')
  if (name !== undefined && name !== '') return [name]
  const params = error.params as { requiredProperties?: string[] } | undefined
  return params?.requiredProperties ?? []
}

function faultText(schema: TObject, name: string, given: unknown, message: string): string {
  const meaning = (schema.properties[name] as { description?: string } | undefined)?.description
  const problem = given === undefined ? 'is missing' : message
  return `${name} ${problem}${meaning ? ` (${meaning})` : ''}`
}
