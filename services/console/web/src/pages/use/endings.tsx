import { Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Use } from '../../api/types.ts'
import { useCourse } from '../../app/course.ts'
import { useFormat } from '../../app/format.ts'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { TextLink } from '../../parts/links.tsx'
import { UsePart } from './use-part.tsx'

type Row = Use['endings'][number]

/** How requests ended, the good end among them: what share the others are. */
export function Endings({ use }: { use: Use }) {
  const { t } = useTranslation()
  const format = useFormat()
  const course = useCourse()
  const columns: Column<Row>[] = [
    {
      title: t('use:column.outcome'),
      cell: ({ outcome, errorCode }) => (
        <>
          <TextLink
            to="/courses/$course/conversations"
            params={{ course: course.id }}
            search={{ outcome, week: use.week }}
          >
            {t(`conversations:outcome.${outcome}`)}
          </TextLink>
          {errorCode && (
            <Text size="xs" c="dimmed" className="code">
              {errorCode}
            </Text>
          )}
        </>
      ),
    },
    { title: t('use:tile.requests'), cell: row => format.number(row.requests), numeric: true },
    { title: t('use:column.share'), cell: row => format.percent(row.requests / use.requests), numeric: true },
  ]
  return (
    <UsePart title={t('use:endings.title')} about={t('use:endings.about')} table="endings" week={use.week}>
      <DataTable
        label={t('use:endings.title')}
        columns={columns}
        rows={use.endings}
        idOf={({ outcome, errorCode }) => `${outcome} ${errorCode}`}
      />
    </UsePart>
  )
}
