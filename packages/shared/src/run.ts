import type { Static, TObject } from 'typebox'
import { type Clock, systemClock } from './clock.ts'
import { ConfigError, readConfig } from './config.ts'
import { createLog, type Logger } from './log.ts'
import { observeRuntime } from './metrics.ts'
import { type Needs, type OpsServer, startOps } from './ops.ts'
import { checkInstrumentations, type Probes } from './self-check.ts'
import { flushTelemetry, reportLostSpans } from './telemetry.ts'

/** What the wiring of a service gets. Whatever it opens it defers the closing of, next to where it opens it. */
export interface ServiceContext<C> {
  name: string
  config: C
  log: Logger
  clock: Clock
  /** Closed in reverse order when the service stops. */
  closing: AsyncDisposableStack
}

/** What the wiring gives back: the checks behind `/readyz`, and more. */
export interface RunningService extends Needs {
  /** What else than its own HTTP proves that this service's calls are traced. */
  probes?: Probes
}

/** The fields of the common configuration that the skeleton itself uses. */
interface OpsConfig {
  HOST: string
  OPS_PORT: number
  LOG_LEVEL: string
  SHUTDOWN_GRACE_MS: number
  /** Of a service that goes on serving for a while after it was asked to stop. */
  DRAIN_DELAY_MS?: number
}

/** Beyond the grace period: last records, batches and traces. */
const LAST_STEPS_MS = 5000

/**
 * The life of every service: read the environment (or refuse to start), wire, answer `/readyz`, and on SIGTERM or SIGINT
 * say "not ready", close in reverse order within the grace period, flush the traces, exit. The operator's door closes last: a
 * process that drains for minutes is still one to be watched.
 */
export async function run<T extends TObject>(
  name: string,
  schema: T,
  start: (context: ServiceContext<Static<T>>) => Promise<RunningService>,
): Promise<void> {
  const config = readConfigOrExit(name, schema)
  const { HOST, OPS_PORT, LOG_LEVEL, SHUTDOWN_GRACE_MS, DRAIN_DELAY_MS = 0 } = config as OpsConfig
  const log = createLog(name, LOG_LEVEL)
  reportLostSpans(log)
  const closing = new AsyncDisposableStack()
  let stopping = false

  async function stop(reason: string, code: number): Promise<void> {
    if (stopping) return
    stopping = true
    log.info({ reason }, 'stopping')
    setTimeout(
      () => {
        log.error('did not stop within the grace period')
        process.exit(1)
      },
      DRAIN_DELAY_MS + SHUTDOWN_GRACE_MS + LAST_STEPS_MS,
    ).unref()
    await closing.disposeAsync().catch((error: unknown) => log.error({ err: error }, 'closing failed'))
    await flushTelemetry()
    process.exit(code)
  }

  process.once('SIGTERM', () => void stop('SIGTERM', 0))
  process.once('SIGINT', () => void stop('SIGINT', 0))
  // State after an unknown failure cannot be trusted: end, and let the supervisor start a fresh process.
  process.on('uncaughtException', error => {
    log.fatal({ err: error }, 'uncaught')
    void stop('uncaught', 1)
  })
  process.on('unhandledRejection', error => {
    log.fatal({ err: error }, 'unhandled rejection')
    void stop('unhandled rejection', 1)
  })

  try {
    let ops: OpsServer | undefined
    closing.defer(() => ops?.close())
    observeRuntime(closing)
    const { checks, shared, probes } = await start({ name, config, log, clock: systemClock, closing })
    ops = await startOps({
      host: HOST,
      port: OPS_PORT,
      checks: { serving: () => !stopping, ...checks },
      shared,
    })
    log.info({ opsPort: ops.port }, 'started')
    const { port } = ops
    const undici = () => fetch(`http://${ownAddress(HOST)}:${port}/healthz`).then(answer => answer.text())
    void checkInstrumentations({ probes: { undici, ...probes }, log, closing })
  } catch (error) {
    log.fatal({ err: error }, 'could not start')
    await stop('start failed', 1)
  }
}

/** Where a process reaches itself, whatever it listens on. */
function ownAddress(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}

function readConfigOrExit<T extends TObject>(name: string, schema: T): Static<T> {
  try {
    return readConfig(schema)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`${name}: ${error.message}\n`)
    process.exit(78) // EX_CONFIG of sysexits.h
  }
}
