import { useTranslation } from 'react-i18next'
import type { Use } from '../../api/types.ts'
import { useFormat } from '../../app/format.ts'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { useStudentNames } from '../../parts/student-names.ts'
import { StudentLink } from './student-link.tsx'
import { UsePart } from './use-part.tsx'

/** More are in the file. */
const SHOWN = 10

/** Who used most. */
export function TopStudents({ use }: { use: Use }) {
  const { t } = useTranslation()
  const format = useFormat()
  const rows = use.topStudents.slice(0, SHOWN)
  const nameOf = useStudentNames(rows.map(({ studentId }) => studentId))
  const columns: Column<Use['topStudents'][number]>[] = [
    {
      title: t('use:column.student'),
      cell: ({ studentId }) => <StudentLink id={studentId} name={nameOf(studentId)} week={use.week} />,
    },
    { title: t('use:tile.requests'), cell: row => format.number(row.requests), numeric: true },
    { title: t('use:tile.chargeTokens'), cell: row => format.number(row.chargeTokens), numeric: true },
  ]
  return (
    <UsePart title={t('use:students.title')} about={t('use:students.about')} table="students" week={use.week}>
      <DataTable
        label={t('use:students.title')}
        columns={columns}
        rows={rows}
        idOf={({ studentId }) => studentId}
      />
    </UsePart>
  )
}
