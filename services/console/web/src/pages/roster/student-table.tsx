import { Badge, Group, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { RosterStudent } from '../../api/types.ts'
import { useCourse } from '../../app/course.ts'
import { useFormat } from '../../app/format.ts'
import { AddressText } from '../../parts/address-text.tsx'
import { type Choice, type Column, DataTable } from '../../parts/data-table.tsx'
import { TextLink } from '../../parts/links.tsx'
import { Left } from './left.tsx'

interface StudentTableProps {
  students: RosterStudent[]
  choice: Choice | undefined
}

/** Students as rows: who, and what is left. */
export function StudentTable({ students, choice }: StudentTableProps) {
  const { t } = useTranslation()
  const { timezone } = useCourse()
  const format = useFormat()
  const hasGroups = students.some(({ group }) => group)
  const columns: Column<RosterStudent>[] = [
    { title: t('roster:column.name'), cell: student => <Name student={student} /> },
    ...(hasGroups
      ? [{ title: t('roster:column.group'), cell: ({ group }: RosterStudent) => group, wide: true }]
      : []),
    { title: t('roster:column.left'), cell: ({ active, balance }) => active && <Left balance={balance} /> },
    {
      title: t('roster:column.since'),
      cell: ({ createdAt }) => format.date(createdAt, timezone),
      wide: true,
    },
  ]
  return (
    <DataTable
      label={t('roster:title')}
      columns={columns}
      rows={students}
      idOf={({ id }) => id}
      nameOf={({ name }) => name}
      choice={choice}
    />
  )
}

function Name({ student: { id, name, email, active, courseId } }: { student: RosterStudent }) {
  const { t } = useTranslation()
  return (
    <>
      <Group gap="xs">
        <TextLink to="/courses/$course/students/$student" params={{ course: courseId, student: id }} fw={500}>
          {name}
        </TextLink>
        {!active && (
          <Badge color="gray" variant="light">
            {t('roster:dropped')}
          </Badge>
        )}
      </Group>
      <Text size="xs" c="dimmed">
        <AddressText text={email || id} />
      </Text>
    </>
  )
}
