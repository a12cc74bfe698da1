import { CommonConfig, PostgresConfig, StreamsConfig } from '@lectern/shared/config.ts'
import { REDIS_URL_PATTERN } from '@lectern/shared/redis/connect.ts'
import { type Static, Type } from 'typebox'

/** Node's timers take no longer delay. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** The environment of the quota service. */
export const Config = Type.Object({
  ...CommonConfig,
  ...PostgresConfig,
  ...StreamsConfig,
  DATABASE_URL: Type.String({
    pattern: '^postgres(ql)?://',
    description: "postgresql://user:password@host:port/database with the schema 'quota'",
  }),
  REDIS_URL: Type.String({
    pattern: REDIS_URL_PATTERN,
    description:
      'redis://:password@host:port that holds the balances, or redis+cluster://:password@host:port,host:port; never one that evicts keys',
  }),
  REDIS_COMMAND_TIMEOUT_MS: Type.Integer({
    default: 1000,
    minimum: 50,
    description: 'after this long without an answer from Redis a request is refused with 503',
  }),
  LOAD_TIMEOUT_MS: Type.Integer({
    default: 1000,
    minimum: 50,
    description: 'how long a request waits for what must first be loaded from Postgres; callers wait 2 s',
  }),
  BUDGET_WAIT_MS: Type.Integer({
    default: 250,
    minimum: 0,
    description: 'how long a reservation waits for open holds to end before it is refused because of them',
  }),
  MINIMUM_OUTPUT_TOKENS: Type.Integer({
    default: 16,
    minimum: 1,
    description: 'an output cap is never lowered below this: a shorter answer helps nobody',
  }),
  SETTLE_BATCH_SIZE: Type.Integer({
    default: 500,
    minimum: 1,
    maximum: 1000,
    description: 'most ledger entries in one insert; 500 take about 20 ms',
  }),
  SETTLE_LINGER_MS: Type.Integer({
    default: 50,
    minimum: 0,
    description: 'how long a ledger batch waits for more; the hold in Redis has ended before that',
  }),
  EXPIRE_INTERVAL_MS: Type.Integer({
    default: 1000,
    minimum: 10,
    maximum: LONGEST_TIMER_MS,
    description: 'how often holds past their deadline are looked for',
  }),
  RECONCILE_INTERVAL_MS: Type.Integer({
    default: 1000,
    minimum: 10,
    maximum: LONGEST_TIMER_MS,
    description: 'how often a few accounts are compared with the ledger',
  }),
  RECONCILE_AGE_MS: Type.Integer({
    default: 60_000,
    minimum: 0,
    maximum: LONGEST_TIMER_MS,
    description: 'an account is compared again when its last comparison is older than this',
  }),
  REFUSALS_INTERVAL_MS: Type.Integer({
    default: 2000,
    minimum: 10,
    maximum: LONGEST_TIMER_MS,
    description:
      'how often refusals are added to their sums; a replica that is killed loses those of this long',
  }),
  STAFF_SESSION_IDLE_MS: Type.Integer({
    default: 12 * 3_600_000,
    minimum: 60_000,
    description: 'staff who did nothing for this long sign in again; 12 h: a day of work',
  }),
  STAFF_SESSION_LONGEST_MS: Type.Integer({
    default: 7 * 86_400_000,
    minimum: 60_000,
    description: 'staff sign in again after this long, whatever they did; 7 d',
  }),
})
export type Config = Static<typeof Config>
