import { METRIC } from '@lectern/shared/metric-table.ts'
import type { Dashboard } from '../panels.ts'
import { perSecond, quantile, quantiles, rates } from '../promql.ts'

const HERE = 'provider=~"$provider", instance=~"$instance"'

const attempts = perSecond(METRIC.upstream, { by: ['provider'], where: HERE })
const failed = perSecond(METRIC.upstream, {
  by: ['provider'],
  where: `outcome!~"answered|aborted", ${HERE}`,
})

/** One line of a quantile for each provider. */
const byProvider = (share: number) => ({
  expr: quantile(share, METRIC.upstreamFirstByte, { by: ['provider'], where: HERE }),
  legend: `{{provider}} p${share * 100}`,
})

export const providers: Dashboard = {
  uid: 'lectern-providers',
  title: 'Lectern: providers',
  description: 'How the model providers answer: failures, first bytes, retries.',
  choices: [
    { label: 'instance', of: 'up{service="gateway"}' },
    { label: 'provider', of: METRIC.upstream.name },
  ],
  rows: [
    {
      title: 'Attempts',
      panels: [
        {
          title: 'Attempts by outcome',
          help: 'answered, or the kind of failure. aborted: the student left.',
          unit: 'reqps',
          stacked: true,
          queries: [rates(METRIC.upstream, { by: ['provider', 'outcome'], where: HERE })],
        },
        {
          title: 'Share that failed',
          help: 'A failure before the first byte is tried at the next provider, so students may not notice.',
          unit: 'percentunit',
          queries: [
            {
              expr: `(${failed} or 0 * ${attempts}) / ${attempts}`,
              legend: '{{provider}}',
            },
          ],
        },
        {
          title: 'Circuit breakers',
          help: '0: requests go there. 2: it failed five times in a row, or asked for a rest; requests go elsewhere, if there is one. 1: one at a time finds out.',
          unit: 'short',
          queries: [
            {
              expr: `max by (provider, model) (${METRIC.breaker.name}{${HERE}})`,
              legend: '{{provider}} {{model}}',
            },
          ],
        },
        {
          title: 'Keys',
          help: '0: requests go out with it. 1: it has used up a limit and rests, often for seconds. 2: the provider refused it (wrong, unpaid or forbidden); it is tried again every five minutes.',
          unit: 'short',
          queries: [
            {
              expr: `max by (provider, key) (${METRIC.keyState.name}{${HERE}})`,
              legend: '{{provider}} {{key}}',
            },
          ],
        },
        {
          title: 'Limits reached',
          help: 'Requests that found a deployment at a limit of the providers file: they went to another one, or waited in line. line: others already waited.',
          unit: 'reqps',
          queries: [rates(METRIC.limitsReached, { by: ['provider', 'model', 'limit'], where: HERE })],
        },
        {
          title: 'Attempts for each request',
          help: '1 where every first attempt succeeds.',
          unit: 'short',
          queries: [
            {
              expr: `${perSecond(METRIC.upstream, { where: 'instance=~"$instance"' })} / ${perSecond(METRIC.completions, { where: 'outcome!="blocked", instance=~"$instance"' })}`,
              legend: 'attempts',
            },
          ],
        },
      ],
    },
    {
      title: 'Time to the first byte of an answer',
      panels: [
        { title: 'By provider', unit: 's', queries: [byProvider(0.5), byProvider(0.95), byProvider(0.99)] },
        {
          title: 'By provider and model, p95',
          unit: 's',
          queries: [
            {
              expr: quantile(0.95, METRIC.upstreamFirstByte, { by: ['provider', 'model'], where: HERE }),
              legend: '{{provider}} {{model}}',
            },
          ],
        },
        {
          title: 'As students see it, by model',
          help: 'With our own part: much above the provider’s time is a fault of Lectern.',
          unit: 's',
          queries: quantiles(METRIC.firstToken, { by: ['model'], where: 'instance=~"$instance"' }),
        },
      ],
    },
    {
      title: 'Answers',
      panels: [
        {
          title: 'Endings by model',
          help: 'upstream_cut and upstream_stalled: broken in the middle; the student saw an error as last frame.',
          unit: 'reqps',
          stacked: true,
          width: 12,
          queries: [rates(METRIC.completions, { by: ['model', 'outcome'], where: 'instance=~"$instance"' })],
        },
        {
          title: 'Tokens by model',
          unit: 'suffix: tokens/s',
          width: 12,
          queries: [rates(METRIC.tokens, { by: ['model', 'type'] })],
        },
      ],
    },
  ],
}
