import { type Counter, metrics } from '@opentelemetry/api'

/** A number that only grows; exported where telemetry is on (see `telemetry.ts`), and free where it is not. */
export function createCounter(name: string, description: string): Counter {
  return metrics.getMeter('lectern').createCounter(name, { description })
}
