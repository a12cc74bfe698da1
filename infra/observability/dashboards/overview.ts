import { METRIC } from '@lectern/shared/metric-table.ts'
import type { Dashboard } from '../panels.ts'
import { countOf, perSecond, quantile, quantiles, rates, reading, within } from '../promql.ts'
import { eventLoopDelay, eventLoopUse, heap } from './processes.ts'

const requests = countOf(METRIC.httpRequests)
const CHAT = 'service="gateway", route="/v1/chat/completions", instance=~"$instance"'
const FAILED = `${CHAT}, status=~"5.."`
const HERE = 'instance=~"$instance"'
/** Of the chat requests, those that may be answered with 5xx (alerts.yml). */
const BUDGET = 0.005

const SERVICES = ['gateway', 'quota', 'prompts', 'logger', 'console']
const missing = (service: string) => `sum(absent(up{service="${service}"}) or vector(0))`

const failedShare = (over: string) =>
  `(${within(requests, { where: FAILED, over })} or vector(0)) / ${within(requests, { where: CHAT, over })}`

export const overview: Dashboard = {
  uid: 'lectern-overview',
  title: 'Lectern: overview',
  description: 'Whether students are served, and if not, which part to look at.',
  choices: [{ label: 'instance', of: 'up' }],
  rows: [
    {
      title: 'Now',
      panels: [
        {
          title: 'Chat requests',
          kind: 'stat',
          unit: 'reqps',
          queries: [{ expr: perSecond(requests, { where: CHAT, over: '5m' }), legend: '' }],
        },
        {
          title: 'Answered with 5xx, 1 h',
          kind: 'stat',
          unit: 'percentunit',
          limits: [BUDGET, 6 * BUDGET],
          queries: [{ expr: failedShare('1h'), legend: '' }],
        },
        {
          title: 'Error budget used, 7 d',
          help: '99.5 % of the chat requests are not answered with 5xx. 100 %: the budget is gone.',
          kind: 'stat',
          unit: 'percentunit',
          limits: [0.5, 1],
          queries: [{ expr: `(${failedShare('7d')}) / ${BUDGET}`, legend: '' }],
        },
        {
          title: 'First token, p95',
          kind: 'stat',
          unit: 's',
          limits: [5, 10],
          queries: [{ expr: quantile(0.95, METRIC.firstToken, { where: HERE, over: '5m' }), legend: '' }],
        },
        {
          title: 'Requests that run',
          kind: 'stat',
          unit: 'short',
          queries: [reading(METRIC.openRequests, { where: HERE, as: 'sum' })],
        },
        {
          title: 'Processes away',
          help: 'That do not answer; a service without any process counts as one.',
          kind: 'stat',
          unit: 'short',
          limits: [1, 2],
          queries: [{ expr: [`sum(1 - up{${HERE}})`, ...SERVICES.map(missing)].join(' + '), legend: '' }],
        },
      ],
    },
    {
      title: 'Students',
      panels: [
        {
          title: 'Chat requests by status',
          help: '`none`: the client left before it was told one.',
          unit: 'reqps',
          stacked: true,
          queries: [rates(requests, { by: ['status'], where: CHAT })],
        },
        {
          title: 'Refusals by reason',
          help: 'The codes of docs/errors.md.',
          unit: 'reqps',
          stacked: true,
          queries: [rates(METRIC.admissions, { by: ['decision'], where: `decision!="admitted", ${HERE}` })],
        },
        {
          title: 'How admitted requests end',
          unit: 'reqps',
          stacked: true,
          queries: [rates(METRIC.completions, { by: ['outcome'], where: HERE })],
        },
        { title: 'First token', unit: 's', queries: quantiles(METRIC.firstToken, { where: HERE }) },
        { title: 'Whole request', unit: 's', queries: quantiles(METRIC.httpRequests, { where: CHAT }) },
        {
          title: 'Answers given again',
          help: 'Of courses whose answerCache is on. Each gateway keeps its own.',
          unit: 'reqps',
          stacked: true,
          queries: [rates(METRIC.answerCache, { by: ['result'], where: HERE })],
        },
        {
          title: 'Requests that run, by gateway',
          unit: 'short',
          queries: [reading(METRIC.openRequests, { by: ['instance'], where: HERE, as: 'sum' })],
        },
      ],
    },
    {
      title: 'Between the services',
      panels: [
        {
          title: 'Questions over the bus, p99',
          unit: 's',
          queries: [
            {
              expr: quantile(0.99, METRIC.busRequests, { by: ['subject'], where: HERE }),
              legend: '{{subject}}',
            },
          ],
        },
        {
          title: 'Questions that failed',
          unit: 'reqps',
          queries: [
            rates(countOf(METRIC.busRequests), {
              by: ['subject', 'outcome'],
              where: `outcome!="ok", ${HERE}`,
            }),
          ],
        },
        {
          title: 'The week’s prompt',
          help: 'stale: the prompts service is away, what was in force stays in force for some minutes.',
          unit: 'reqps',
          queries: [rates(METRIC.promptLookups, { by: ['result'], where: HERE })],
        },
      ],
    },
    {
      title: 'Processes',
      panels: [
        eventLoopDelay(HERE),
        eventLoopUse(HERE),
        heap(HERE),
        {
          title: 'Processes by service',
          unit: 'short',
          queries: [{ expr: 'sum by (service) (up)', legend: '{{service}}' }],
        },
        {
          title: 'Staff API by status',
          unit: 'reqps',
          stacked: true,
          queries: [rates(requests, { by: ['status'], where: `service="console", ${HERE}` })],
        },
        {
          title: 'Instrumentations that make no spans',
          help: 'Above 0: traces lack a part (docs/runbook.md).',
          unit: 'short',
          queries: [
            {
              expr: `sum by (service, instrumentation) (1 - ${METRIC.instrumentationUp.name}{${HERE}})`,
              legend: '{{service}} {{instrumentation}}',
            },
          ],
        },
      ],
    },
  ],
}
