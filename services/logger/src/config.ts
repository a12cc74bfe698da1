import { CommonConfig, PostgresConfig, StreamsConfig } from '@lectern/shared/config.ts'
import { type Static, Type } from 'typebox'

/** The environment of the logger. */
export const Config = Type.Object({
  ...CommonConfig,
  ...PostgresConfig,
  ...StreamsConfig,
  DATABASE_URL: Type.String({
    pattern: '^postgres(ql)?://',
    description: 'postgresql://user:password@host:port/database; the tables are in its schema logs',
  }),
  BATCH_SIZE: Type.Integer({
    default: 1000,
    minimum: 1,
    maximum: 5000,
    description: 'most records stored at once, as far as they have less than 1 MiB',
  }),
  BATCH_LINGER_MS: Type.Integer({
    default: 100,
    minimum: 0,
    maximum: 10_000,
    description:
      'how long a batch waits for more after its first record: staff see a conversation at most this much later',
  }),
})
export type Config = Static<typeof Config>
