import { useTranslation } from 'react-i18next'
import type { Use } from '../../api/types.ts'
import { useCourse } from '../../app/course.ts'
import { useFormat } from '../../app/format.ts'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { TextLink } from '../../parts/links.tsx'
import { UsePart } from './use-part.tsx'

type Row = Use['topQuestions'][number]

/** More are in the file. */
const SHOWN = 10
const LONGEST_SEARCH = 200

/** What was asked most: what to speak about in class. */
export function Questions({ use }: { use: Use }) {
  const { t } = useTranslation()
  const format = useFormat()
  const course = useCourse()
  const columns: Column<Row>[] = [
    {
      title: t('use:column.question'),
      cell: ({ question }) => (
        <TextLink
          to="/courses/$course/conversations"
          params={{ course: course.id }}
          search={{ q: question.trim().slice(0, LONGEST_SEARCH).trim(), week: use.week }}
          lineClamp={2}
        >
          {question.trim() || t('conversations:noText')}
        </TextLink>
      ),
    },
    { title: t('use:tile.requests'), cell: row => format.number(row.requests), numeric: true },
    { title: t('use:tile.students'), cell: row => format.number(row.students), numeric: true },
  ]
  return (
    <UsePart
      title={t('use:questions.title')}
      about={t('use:questions.about')}
      table="questions"
      week={use.week}
    >
      <DataTable
        label={t('use:questions.title')}
        columns={columns}
        rows={use.topQuestions.slice(0, SHOWN)}
        idOf={({ question }) => question}
      />
    </UsePart>
  )
}
