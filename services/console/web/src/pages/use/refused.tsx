import { Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Use } from '../../api/types.ts'
import { useFormat } from '../../app/format.ts'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { UsePart } from './use-part.tsx'

type Row = Use['refusals'][number]

/** What was refused before it began, and how many students met that. */
export function Refused({ use }: { use: Use }) {
  const { t } = useTranslation()
  const format = useFormat()
  const columns: Column<Row>[] = [
    {
      title: t('use:column.reason'),
      cell: ({ reason }) => (
        <>
          {t(`use:refused.reason.${reason}`)}
          <Text size="xs" c="dimmed" className="code">
            {reason}
          </Text>
        </>
      ),
    },
    { title: t('use:tile.requests'), cell: row => format.number(row.requests), numeric: true },
    { title: t('use:tile.students'), cell: row => format.number(row.students), numeric: true },
  ]
  return (
    <UsePart title={t('use:refused.title')} about={t('use:refused.about')} table="refusals" week={use.week}>
      {use.refusals.length > 0 ? (
        <DataTable
          label={t('use:refused.title')}
          columns={columns}
          rows={use.refusals}
          idOf={({ reason }) => reason}
        />
      ) : (
        <Text c="dimmed">{t('use:refused.none')}</Text>
      )}
    </UsePart>
  )
}
