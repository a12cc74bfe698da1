import { METRIC } from '@lectern/shared/metric-table.ts'
import type { Panel } from '../panels.ts'
import { rates, reading } from '../promql.ts'

/** What Node and the pool of Postgres tell of each process; `where` chooses the processes. */

export const eventLoopDelay = (where: string): Panel => ({
  title: 'Event loop delay, p99',
  help: 'How long a process lets everything wait. 20 ms is rest (the clock that measures it), above 500 ms every stream stutters.',
  unit: 's',
  queries: [
    {
      expr: `max by (service, instance) (nodejs_eventloop_delay_p99{${where}})`,
      legend: '{{service}} {{instance}}',
    },
  ],
})

export const eventLoopUse = (where: string): Panel => ({
  title: 'Event loop use',
  help: 'The share of its one core that a process works. Near 1: start another replica.',
  unit: 'percentunit',
  queries: [
    {
      expr: `max by (service, instance) (nodejs_eventloop_utilization{${where}})`,
      legend: '{{service}} {{instance}}',
    },
  ],
})

export const heap = (where: string): Panel => ({
  title: 'Heap in use',
  unit: 'bytes',
  queries: [
    {
      expr: `sum by (service, instance) (v8js_memory_heap_used{${where}})`,
      legend: '{{service}} {{instance}}',
    },
  ],
})

export const connections = (where: string): Panel => ({
  title: 'Connections to Postgres',
  unit: 'short',
  queries: [
    reading(METRIC.poolConnections, { by: ['instance', 'state'], where, as: 'sum' }),
    reading(METRIC.poolWaiting, { by: ['instance'], where, as: 'sum', legend: '{{instance}} waiting' }),
  ],
})

export const slowQueries = (where: string): Panel => ({
  title: 'Slow queries',
  help: 'Beyond SLOW_QUERY_MS, by statement; each is a line in the log.',
  unit: 'ops',
  queries: [rates(METRIC.slowQueries, { by: ['service', 'statement'], where })],
})
