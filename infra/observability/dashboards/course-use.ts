import { METRIC } from '@lectern/shared/metric-table.ts'
import type { Dashboard, Panel } from '../panels.ts'
import { rates, within } from '../promql.ts'

const CHOSEN = 'course=~"$course"'
const CHARGED = `type="charged", ${CHOSEN}`

const total = (title: string, type: string): Panel => ({
  title,
  kind: 'stat',
  unit: 'short',
  width: 6,
  queries: [
    { expr: within(METRIC.tokens, { where: `type="${type}", ${CHOSEN}`, over: '$__range' }), legend: '' },
  ],
})

export const courseUse: Dashboard = {
  uid: 'lectern-course-use',
  title: 'Lectern: use by course',
  description:
    'Tokens as they are settled in the ledger. For books and bills use the ledger itself (docs/api.md): these are rates, rounded by their nature.',
  choices: [{ label: 'course', of: METRIC.tokens.name }],
  rows: [
    {
      title: 'In the time shown',
      panels: [
        total('Charged', 'charged'),
        total('Input', 'input'),
        total('Output', 'output'),
        {
          title: 'Charged for each token used',
          help: '1 where every model’s tokens cost one; the weights of the course move it.',
          kind: 'stat',
          unit: 'short',
          width: 6,
          queries: [
            {
              expr: `${within(METRIC.tokens, { where: CHARGED, over: '$__range' })} / ${within(METRIC.tokens, { where: `type=~"input|output", ${CHOSEN}`, over: '$__range' })}`,
              legend: '',
            },
          ],
        },
      ],
    },
    {
      title: 'Over time',
      panels: [
        {
          title: 'Charged by course, each hour',
          unit: 'short',
          width: 12,
          stacked: true,
          queries: [
            {
              expr: within(METRIC.tokens, { by: ['course'], where: CHARGED, over: '1h' }),
              legend: '{{course}}',
            },
          ],
        },
        {
          title: 'Charged by model, each hour',
          unit: 'short',
          width: 12,
          stacked: true,
          queries: [
            {
              expr: within(METRIC.tokens, { by: ['model'], where: CHARGED, over: '1h' }),
              legend: '{{model}}',
            },
          ],
        },
        {
          title: 'Input, output, charged',
          unit: 'suffix: tokens/s',
          width: 12,
          queries: [rates(METRIC.tokens, { by: ['type'], where: CHOSEN })],
        },
        {
          title: 'Share of each course in what is charged',
          unit: 'percentunit',
          width: 12,
          queries: [
            {
              expr: `${within(METRIC.tokens, { by: ['course'], where: CHARGED, over: '1h' })} / scalar(${within(METRIC.tokens, { where: 'type="charged"', over: '1h' })})`,
              legend: '{{course}}',
            },
          ],
        },
      ],
    },
  ],
}
