import { basename, dirname } from 'node:path'

/**
 * Tracing, loaded before anything else (`node --import @lectern/shared/telemetry.ts`). It is on when an OTLP endpoint is
 * named (`OTEL_EXPORTER_OTLP_ENDPOINT`, and the SDK's other `OTEL_*` variables); without one nothing is loaded and a span
 * costs nothing.
 */

let stopTelemetry = async (): Promise<void> => {}

if (process.env.OTEL_EXPORTER_OTLP_ENDPOINT && process.env.OTEL_SDK_DISABLED !== 'true') {
  const { NodeSDK } = await import('@opentelemetry/sdk-node')
  const { getNodeAutoInstrumentations } = await import('@opentelemetry/auto-instrumentations-node')
  // services/<name>/src/main.ts
  process.env.OTEL_SERVICE_NAME ??= `lectern-${basename(dirname(dirname(process.argv[1] ?? '')))}`
  // NATS and Redis scripts have spans of our own, so these are the only instrumentations loaded.
  process.env.OTEL_NODE_ENABLED_INSTRUMENTATIONS ??= 'http,undici,pg,pino'
  // A student's metrics and logs are no business of the exporter unless an operator asks for them.
  process.env.OTEL_METRICS_EXPORTER ??= 'none'
  process.env.OTEL_LOGS_EXPORTER ??= 'none'
  const sdk = new NodeSDK({ instrumentations: [getNodeAutoInstrumentations()] })
  sdk.start()
  stopTelemetry = () => sdk.shutdown()
}

/** Sends what spans are still buffered, and stops. */
export async function flushTelemetry(): Promise<void> {
  await stopTelemetry().catch(() => undefined)
}
