import { Table, Text } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../../api/client.ts'
import type { Course } from '../../api/types.ts'
import { useFormat } from '../../app/format.ts'
import { useUser } from '../../app/session.ts'
import { ButtonLink, TextLink } from '../../parts/links.tsx'
import { MoreButton } from '../../parts/more-button.tsx'
import { Page } from '../../parts/page.tsx'
import { Empty, Shown } from '../../parts/states.tsx'

/** All courses that one may see. */
export function CourseList() {
  const { t } = useTranslation()
  const { isAdmin } = useUser()
  const query = useInfiniteQuery({
    queryKey: ['courses', 'list'],
    queryFn: ({ pageParam }) =>
      ask(api.GET('/api/courses', { params: { query: { limit: 50, ...pageParam } } })),
    initialPageParam: {} as { cursor?: string },
    getNextPageParam: ({ next }) => (next ? { cursor: next } : undefined),
  })
  const create = <ButtonLink to="/courses">{t('courses:new.open')}</ButtonLink>
  return (
    <Page title={t('courses:title')} actions={isAdmin && create}>
      <Shown query={query}>
        {({ pages }) => {
          const courses = pages.flatMap(({ items }) => items)
          if (courses.length > 0) return <Courses courses={courses} more={<MoreButton query={query} />} />
          if (isAdmin)
            return <Empty title={t('courses:none.title')} text={t('courses:none.admin')} action={create} />
          return <Empty title={t('courses:none.title')} text={t('courses:none.staff')} />
        }}
      </Shown>
    </Page>
  )
}

function Courses({ courses, more }: { courses: Course[]; more: React.ReactNode }) {
  const { t } = useTranslation()
  const format = useFormat()
  return (
    <>
      <Table.ScrollContainer minWidth={520}>
        <Table verticalSpacing="sm" highlightOnHover>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('courses:column.course')}</Table.Th>
              <Table.Th>{t('courses:column.begins')}</Table.Th>
              <Table.Th className="numeric">{t('courses:column.weeks')}</Table.Th>
              <Table.Th className="numeric">{t('courses:column.weeklyTokens')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {courses.map(({ id, name, startsOn, weeks, weeklyTokens }) => (
              <Table.Tr key={id}>
                <Table.Td>
                  <TextLink to="/courses/$course" params={{ course: id }} fw={500}>
                    {name}
                  </TextLink>
                  <Text size="xs" c="dimmed">
                    {id}
                  </Text>
                </Table.Td>
                <Table.Td>{format.day(startsOn)}</Table.Td>
                <Table.Td className="numeric">{format.number(weeks)}</Table.Td>
                <Table.Td className="numeric">{format.number(weeklyTokens)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {more}
    </>
  )
}
