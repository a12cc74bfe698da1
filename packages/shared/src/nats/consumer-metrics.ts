import { jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/nats-core'
import { METRIC } from '../metric-table.ts'
import { createCounter, createHistogram, observeGauge } from '../metrics.ts'

const batchSize = createHistogram(METRIC.batchSize)
const batchTime = createHistogram(METRIC.batchTime)
const deadLetters = createCounter(METRIC.deadLetters)

/** The numbers of one durable consumer; what waits for it is asked of the server at each scrape. */
export function measureConsumer(
  nc: NatsConnection,
  { stream, durable: consumer }: { stream: string; durable: string },
) {
  const gauges = new AsyncDisposableStack()
  const info = async () => (await jetstreamManager(nc, { checkAPI: false })).consumers.info(stream, consumer)
  observeGauge(
    METRIC.consumerLag,
    async () => {
      const { num_pending: waiting, num_ack_pending: inWork } = await info()
      return [[waiting + inWork, { consumer }]]
    },
    gauges,
  )
  observeGauge(
    METRIC.consumerRedelivered,
    async () => [[(await info()).num_redelivered, { consumer }]],
    gauges,
  )
  // An alert compares with what was before: zero must have been there to be seen.
  deadLetters.add(0, { consumer })

  return {
    /** Does the work of one batch. */
    async batch(messages: number, work: () => Promise<void>): Promise<void> {
      batchSize.record(messages, { consumer })
      const startMs = performance.now()
      let outcome = 'failed'
      try {
        await work()
        outcome = 'stored'
      } finally {
        batchTime.record((performance.now() - startMs) / 1000, { consumer, outcome })
      }
    },
    deadLetter: () => deadLetters.add(1, { consumer }),
    stop: () => gauges.disposeAsync(),
  }
}
