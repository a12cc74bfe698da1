import { type Logger, pino } from 'pino'

export type { Logger }

/** Fields that never reach a log, wherever they stand: keys, tokens, and what people wrote. */
const SECRET_PATHS = [
  'authorization',
  'cookie',
  'apiKey',
  'api_key',
  'password',
  'token',
  'key',
  'messages',
  'text',
]

/** The service's log: JSON lines on stdout, secrets and message bodies removed by configuration. */
export function createLog(service: string, level: string): Logger {
  return pino({
    name: service,
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: SECRET_PATHS.flatMap(path => [path, `*.${path}`, `*.*.${path}`]), censor: '[redacted]' },
    serializers: { err: pino.stdSerializers.errWithCause },
  })
}
