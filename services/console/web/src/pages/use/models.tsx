import { useTranslation } from 'react-i18next'
import type { Use } from '../../api/types.ts'
import { useCourse } from '../../app/course.ts'
import { useFormat } from '../../app/format.ts'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { TextLink } from '../../parts/links.tsx'
import { UsePart } from './use-part.tsx'

type Row = Use['models'][number]

/** What each model did, and what it cost by the prices of the course. */
export function Models({ use }: { use: Use }) {
  const { t } = useTranslation()
  const format = useFormat()
  const course = useCourse()
  const seconds = (ms: number | null) =>
    ms === null ? '–' : t('use:seconds', { seconds: format.number(Math.round(ms / 100) / 10) })
  const columns: Column<Row>[] = [
    {
      title: t('use:column.model'),
      cell: ({ model }) => (
        <TextLink
          to="/courses/$course/conversations"
          params={{ course: course.id }}
          search={{ model, week: use.week }}
        >
          {model}
        </TextLink>
      ),
    },
    { title: t('use:tile.requests'), cell: row => format.number(row.requests), numeric: true },
    { title: t('use:column.input'), cell: row => format.number(row.inputTokens), numeric: true, wide: true },
    {
      title: t('use:column.output'),
      cell: row => format.number(row.outputTokens),
      numeric: true,
      wide: true,
    },
    {
      title: t('use:tile.chargeTokens'),
      cell: row => format.number(row.chargeTokens),
      numeric: true,
      wide: true,
    },
    { title: t('use:column.firstToken'), cell: row => seconds(row.p50Ms), numeric: true, wide: true },
    {
      title: t('use:column.cost'),
      cell: ({ cost }) => (cost === null ? t('use:noPrice') : format.money(cost, use.currency)),
      numeric: true,
    },
  ]
  return (
    <UsePart title={t('use:models.title')} about={t('use:models.about')} table="models" week={use.week}>
      <DataTable
        label={t('use:models.title')}
        columns={columns}
        rows={use.models}
        idOf={({ model }) => model}
      />
    </UsePart>
  )
}
