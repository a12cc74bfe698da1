import { trace } from '@opentelemetry/api'
import { type Logger, pino } from 'pino'
import { currentRequestId } from './request-id.ts'
import { scrubFields, scrubText } from './scrub.ts'

export type { Logger }

/**
 * The service's log: JSON lines on stdout, with the ids of the request and, if it is kept, of the trace that they belong to. Secrets and
 * what people wrote are removed here, once, whoever logs them (`scrub.ts`).
 */
export function createLog(
  service: string,
  level: string,
  destination?: { write(line: string): void },
): Logger {
  const options = {
    name: service,
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    mixin: idsOfNow,
    formatters: { log: scrubFields },
    serializers: { err: (error: unknown) => scrubFields(pino.stdSerializers.errWithCause(error as Error)) },
    hooks: { streamWrite: scrubText },
  }
  return destination ? pino(options, destination) : pino(options)
}

function idsOfNow(): object {
  const requestId = currentRequestId()
  const span = trace.getActiveSpan()?.spanContext()
  return {
    ...(requestId ? { requestId } : {}),
    ...(span ? { trace_id: span.traceId, span_id: span.spanId } : {}),
  }
}
