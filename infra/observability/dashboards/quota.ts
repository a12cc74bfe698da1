import { METRIC } from '@lectern/shared/metric-table.ts'
import type { Dashboard, Panel } from '../panels.ts'
import { countOf, quantile, quantiles, rates, reading, within } from '../promql.ts'
import { connections, eventLoopDelay, slowQueries } from './processes.ts'

const HERE = 'service="quota", instance=~"$instance"'
const LEDGER = `consumer="quota-ledger", ${HERE}`

/** What should not happen at all: zero, always. */
const alarm = (title: string, metric: { name: string; help: string }): Panel => ({
  title,
  help: metric.help,
  kind: 'stat',
  unit: 'short',
  limits: [1, 10],
  queries: [{ expr: within(metric, { where: HERE, over: '24h' }), legend: '' }],
})

export const quota: Dashboard = {
  uid: 'lectern-quota',
  title: 'Lectern: quota',
  description: 'Budgets: what is admitted, held and settled, and whether Redis and the ledger agree.',
  choices: [{ label: 'instance', of: 'up{service="quota"}' }],
  rows: [
    {
      title: 'The books, last 24 h: all of these are zero on a good day',
      panels: [
        alarm('Drift repaired', METRIC.repaired),
        alarm('Charged above the hold', METRIC.overcharged),
        alarm('Accounts overdrawn', METRIC.overdrawn),
        alarm('Holds expired', METRIC.expired),
        alarm('Settled late', METRIC.settledLate),
        {
          title: 'Holds open',
          kind: 'stat',
          unit: 'short',
          queries: [reading(METRIC.holdsOpen, { where: HERE })],
        },
      ],
    },
    {
      title: 'Reservations',
      panels: [
        {
          title: 'Admitted and refused',
          unit: 'reqps',
          stacked: true,
          queries: [rates(METRIC.admissions, { by: ['decision'] })],
        },
        {
          title: 'Holds open',
          help: 'Follows the number of requests that run; one that only grows is a leak.',
          unit: 'short',
          queries: [
            reading(METRIC.holdsOpen, { where: HERE, legend: 'holds' }),
            reading(METRIC.openRequests, { as: 'sum', legend: 'requests' }),
          ],
        },
        {
          title: 'Holds that nobody ended',
          unit: 'ops',
          queries: [
            rates(METRIC.expired, { where: HERE, legend: 'expired' }),
            rates(METRIC.settledLate, { where: HERE, legend: 'settled late' }),
          ],
        },
      ],
    },
    {
      title: 'Redis',
      panels: [
        {
          title: 'Script time, p99',
          unit: 's',
          queries: [
            { expr: quantile(0.99, METRIC.scripts, { by: ['script'], where: HERE }), legend: '{{script}}' },
          ],
        },
        {
          title: 'Reserve',
          unit: 's',
          queries: quantiles(METRIC.scripts, { where: `script="reserve-1.lua", ${HERE}` }),
        },
        {
          title: 'Scripts by reply',
          help: 'error: Redis did not answer.',
          unit: 'ops',
          queries: [rates(countOf(METRIC.scripts), { by: ['script', 'reply'], where: HERE })],
        },
      ],
    },
    {
      title: 'Ledger',
      panels: [
        {
          title: 'Records that wait for the ledger',
          unit: 'short',
          queries: [
            reading(METRIC.consumerLag, { where: LEDGER, legend: 'not acknowledged' }),
            reading(METRIC.consumerRedelivered, { where: LEDGER, legend: 'delivered again' }),
          ],
        },
        { title: 'Batch time', unit: 's', queries: quantiles(METRIC.batchTime, { where: LEDGER }) },
        {
          title: 'Batches',
          unit: 'ops',
          queries: [rates(countOf(METRIC.batchTime), { by: ['outcome'], where: LEDGER })],
        },
      ],
    },
    {
      title: 'Processes and Postgres',
      panels: [eventLoopDelay(HERE), connections(HERE), slowQueries(HERE)],
    },
  ],
}
