import { type Static, Type } from 'typebox'

/** How much a service may log, from little to much. */
export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const

/** Payload of the broadcast `ops.log-level`: what one service, or all (`*`), logs for some minutes. */
export const LogLevelChange = Type.Object(
  {
    service: Type.Enum(['*', 'gateway', 'quota', 'prompts', 'logger', 'console'], {
      description: 'whose; * is all of them',
    }),
    level: Type.Enum([...LOG_LEVELS], { description: 'how much is logged' }),
    minutes: Type.Integer({
      minimum: 0,
      maximum: 1440,
      default: 15,
      description: 'then the configured level is in force again; 0: at once',
    }),
  },
  { additionalProperties: false },
)
export type LogLevelChange = Static<typeof LogLevelChange>
