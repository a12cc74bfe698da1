import type { Say } from '../progress.ts'
import { printRequest } from './print.ts'
import { type Receiver, startReceiver } from './receiver.ts'
import { Watch } from './watch.ts'

/** `npm start -- --trace`: the services' spans come to this process, which prints the tree of each student's request. */
export interface Tracing {
  /** What a service gets of this environment, so that it sends all its spans here. */
  environment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv
  /** Prints what is left; to be called when the services have stopped. */
  close(): Promise<void>
}

// Longer than a service keeps its spans, and than the batch in which a record waits for others.
const QUIET_MS = 1500
const LOOK_EVERY_MS = 250
const SEND_EVERY_MS = 200

/** Starts to receive and to print; says which collector is not used because of it. */
export async function startTracing(env: NodeJS.ProcessEnv, say: Say): Promise<Tracing> {
  const watch = new Watch({
    quietMs: QUIET_MS,
    show: trees => say(`\n${printRequest(trees, { columns: process.stdout.columns })}`),
  })
  const receiver = await startReceiver(spans => watch.add(spans, performance.now()))
  const timer = setInterval(() => watch.showComplete(performance.now()), LOOK_EVERY_MS)
  const collector = ownCollector(env)
  if (collector) say(`--trace goes before your OTEL_* variables: ${collector} gets no spans.`)
  return {
    environment: env => ({ ...withoutTelemetry(env), ...exporting(receiver) }),
    async close() {
      clearInterval(timer)
      await receiver.close()
      watch.end()
    },
  }
}

/** The settings of a service that sends every span to this receiver, soon. */
export function exporting({ url }: Pick<Receiver, 'url'>): NodeJS.ProcessEnv {
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_TRACES_SAMPLER: 'always_on',
    OTEL_BSP_SCHEDULE_DELAY: String(SEND_EVERY_MS),
  }
}

/** Some of the user's own settings (another endpoint for traces, a compression, headers) would win over ours. */
function withoutTelemetry(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('OTEL_')))
}

/** The collector that the user has named himself. */
const ownCollector = ({
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT,
  OTEL_EXPORTER_OTLP_ENDPOINT,
}: NodeJS.ProcessEnv) => OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || OTEL_EXPORTER_OTLP_ENDPOINT
