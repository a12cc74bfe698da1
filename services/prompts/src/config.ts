import { CommonConfig, PostgresConfig } from '@lectern/shared/config.ts'
import { type Static, Type } from 'typebox'

/** The environment of the prompts service. */
export const Config = Type.Object({
  ...CommonConfig,
  ...PostgresConfig,
  DATABASE_URL: Type.String({
    pattern: '^postgres(ql)?://',
    description: 'postgresql://user:password@host:port/database; the tables are in its schema prompts',
  }),
  CACHE_TTL_MS: Type.Integer({
    default: 10_000,
    minimum: 0,
    description:
      'how long a course is answered from memory without asking the database; changes are broadcast, so this only bounds the harm of a broadcast that got lost',
  }),
  CACHE_STALE_MS: Type.Integer({
    default: 3_600_000,
    minimum: 0,
    description:
      'how long a course is still answered from memory while the database does not answer; an hour outlasts a restart or a failover, and ends before a lesson is taught under rules that nobody can check',
  }),
})
export type Config = Static<typeof Config>
