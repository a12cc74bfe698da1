import type { Static, TObject } from 'typebox'
import { type Clock, systemClock } from '../clock.ts'
import { readConfig } from '../config.ts'
import { createLog } from '../log.ts'
import type { RunningService, ServiceContext } from '../run.ts'
import type { Test } from './servers.ts'

/**
 * Runs a service's real wiring inside a test's process, without its environment and signals. `LOG_LEVEL` of the shell
 * shows its log; by default it is silent. `stop()` closes it early, otherwise the test's end does.
 */
export async function startTestService<T extends TObject, R extends RunningService>(
  t: Test,
  start: (context: ServiceContext<Static<T>>) => Promise<R>,
  schema: T,
  env: Record<string, string>,
  { clock = systemClock, name = 'test' }: { clock?: Clock; name?: string } = {},
): Promise<R & { stop(): Promise<void> }> {
  const level = process.env.LOG_LEVEL ?? 'silent'
  const config = readConfig(schema, { LOG_LEVEL: level, SHUTDOWN_GRACE_MS: '2000', ...env })
  const closing = new AsyncDisposableStack()
  const stop = async () => {
    if (!closing.disposed) await closing.disposeAsync()
  }
  t.teardown(stop)
  const running = await start({ name, config, log: createLog(name, level), clock, closing })
  return Object.assign(running, { stop })
}
