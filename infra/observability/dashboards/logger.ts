import { METRIC } from '@lectern/shared/metric-table.ts'
import type { Dashboard } from '../panels.ts'
import { countOf, quantile, quantiles, rates, reading, within } from '../promql.ts'
import { connections, eventLoopDelay, slowQueries } from './processes.ts'

const HERE = 'service="logger", instance=~"$instance"'

export const logger: Dashboard = {
  uid: 'lectern-logger',
  title: 'Lectern: records',
  description:
    'From the gateway’s publish to the row in Postgres: what waits, what is repeated, what nobody can store.',
  choices: [{ label: 'instance', of: 'up{service="logger"}' }],
  rows: [
    {
      title: 'Now',
      panels: [
        {
          title: 'Dead letters, 24 h',
          kind: 'stat',
          unit: 'short',
          limits: [1, 10],
          queries: [{ expr: within(METRIC.deadLetters, { over: '24h' }), legend: '' }],
        },
        {
          title: 'Stored nowhere at first, 24 h',
          help: METRIC.unstored.help,
          kind: 'stat',
          unit: 'short',
          limits: [1, 2],
          queries: [{ expr: within(METRIC.unstored, { over: '24h' }), legend: '' }],
        },
        {
          title: 'Spool',
          kind: 'stat',
          unit: 'bytes',
          limits: [1, 100_000_000],
          queries: [reading(METRIC.spoolBytes, { as: 'sum' })],
        },
        {
          title: 'Records that wait',
          kind: 'stat',
          unit: 'short',
          limits: [1000, 10_000],
          queries: [reading(METRIC.consumerLag, { by: ['consumer'] })],
        },
      ],
    },
    {
      title: 'Gateway: on the way to the stream',
      panels: [
        {
          title: 'Spool by gateway',
          help: 'Anything above 0 for minutes: the bus does not take records.',
          unit: 'bytes',
          width: 12,
          queries: [reading(METRIC.spoolBytes, { by: ['instance'], as: 'sum' })],
        },
        {
          title: 'Records that missed the bus',
          unit: 'ops',
          width: 12,
          queries: [
            rates(METRIC.spooled, { legend: 'to disk' }),
            rates(METRIC.unstored, { legend: 'to neither' }),
          ],
        },
      ],
    },
    {
      title: 'Consumers of the stream',
      panels: [
        {
          title: 'Not acknowledged',
          unit: 'short',
          queries: [reading(METRIC.consumerLag, { by: ['consumer'] })],
        },
        {
          title: 'Delivered again',
          unit: 'short',
          queries: [reading(METRIC.consumerRedelivered, { by: ['consumer'] })],
        },
        {
          title: 'Dead letters',
          unit: 'ops',
          queries: [rates(METRIC.deadLetters, { by: ['consumer'] })],
        },
      ],
    },
    {
      title: 'Batches of the logger',
      panels: [
        { title: 'Time', unit: 's', queries: quantiles(METRIC.batchTime, { by: ['consumer'], where: HERE }) },
        {
          title: 'Messages in a batch, p95',
          unit: 'short',
          queries: [
            {
              expr: quantile(0.95, METRIC.batchSize, { by: ['consumer'], where: HERE }),
              legend: '{{consumer}}',
            },
          ],
        },
        {
          title: 'Batches by outcome',
          unit: 'ops',
          queries: [rates(countOf(METRIC.batchTime), { by: ['consumer', 'outcome'], where: HERE })],
        },
      ],
    },
    {
      title: 'Processes and Postgres',
      panels: [eventLoopDelay(HERE), connections(HERE), slowQueries(HERE)],
    },
  ],
}
