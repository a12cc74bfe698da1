import { systemClock } from '@lectern/shared/clock.ts'
import { createLog } from '@lectern/shared/log.ts'
import type { Test } from 'tap'
import type { Config } from '../src/config.ts'
import { openStores, type Stores } from '../src/store/stores.ts'
import { type Fixture, until } from './fixture.ts'

/** Stores of a test's own beside those of the fixture's service, so that it can put parts together differently. */
export async function openOwnStores(t: Test, { servers }: Fixture): Promise<Stores> {
  const config = {
    ...({ REDIS_COMMAND_TIMEOUT_MS: 5000, MINIMUM_OUTPUT_TOKENS: 16 } as Config),
    DATABASE_URL: servers.databaseUrl,
    REDIS_URL: servers.redisUrl,
  }
  const closing = new AsyncDisposableStack()
  t.teardown(() => closing.disposeAsync())
  const log = createLog('test', 'silent')
  const stores = openStores({ name: 'test', config, log, clock: systemClock, closing })
  await until(async () => stores.clock.isKnown())
  return stores
}
