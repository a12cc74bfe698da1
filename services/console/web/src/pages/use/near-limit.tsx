import { Progress, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Use } from '../../api/types.ts'
import { useFormat } from '../../app/format.ts'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { useStudentNames } from '../../parts/student-names.ts'
import { StudentLink } from './student-link.tsx'
import { UsePart } from './use-part.tsx'

type Row = Use['nearLimit'][number]

/** Who has little left: whom an extension may help. */
export function NearLimit({ use }: { use: Use }) {
  const { t } = useTranslation()
  const format = useFormat()
  const nameOf = useStudentNames(use.nearLimit.map(({ studentId }) => studentId))
  const used = ({ granted, remaining }: Row) => Math.max(0, Math.min(1, 1 - remaining / granted))
  const columns: Column<Row>[] = [
    {
      title: t('use:column.student'),
      cell: ({ studentId }) => <StudentLink id={studentId} name={nameOf(studentId)} week={use.week} />,
    },
    {
      title: t('use:column.used'),
      cell: row => (
        <Progress
          value={used(row) * 100}
          aria-label={t('use:nearLimit.used', {
            name: nameOf(row.studentId),
            share: format.percent(used(row)),
          })}
          w={{ base: 80, sm: 120 }}
        />
      ),
    },
    { title: t('use:column.left'), cell: row => format.number(row.remaining), numeric: true },
  ]
  return (
    <UsePart
      title={t('use:nearLimit.title')}
      about={t('use:nearLimit.about')}
      table="near-limit"
      week={use.week}
    >
      {use.nearLimit.length > 0 ? (
        <DataTable
          label={t('use:nearLimit.title')}
          columns={columns}
          rows={use.nearLimit}
          idOf={({ studentId }) => studentId}
        />
      ) : (
        <Text c="dimmed">{t('use:nearLimit.none')}</Text>
      )}
    </UsePart>
  )
}
