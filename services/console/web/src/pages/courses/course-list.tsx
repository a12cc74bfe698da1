import { Text } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../../api/client.ts'
import type { Course } from '../../api/types.ts'
import { useFormat } from '../../app/format.ts'
import { useUser } from '../../app/session.ts'
import { type Column, DataTable } from '../../parts/data-table.tsx'
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
  const create = <ButtonLink to="/new-course">{t('courses:new.open')}</ButtonLink>
  return (
    <Page title={t('courses:title')} actions={isAdmin && create}>
      <Shown query={query}>
        {({ pages }) => {
          const courses = pages.flatMap(({ items }) => items)
          if (courses.length > 0) {
            return (
              <>
                <Courses courses={courses} />
                <MoreButton query={query} />
              </>
            )
          }
          const text = isAdmin ? t('courses:none.admin') : t('courses:none.staff')
          return <Empty title={t('courses:none.title')} text={text} />
        }}
      </Shown>
    </Page>
  )
}

function Courses({ courses }: { courses: Course[] }) {
  const { t } = useTranslation()
  const format = useFormat()
  const columns: Column<Course>[] = [
    { title: t('courses:column.course'), cell: course => <Name course={course} /> },
    { title: t('courses:column.begins'), cell: ({ startsOn }) => format.day(startsOn) },
    {
      title: t('courses:column.weeks'),
      cell: ({ weeks }) => format.number(weeks),
      numeric: true,
      wide: true,
    },
    {
      title: t('courses:column.weeklyTokens'),
      cell: ({ weeklyTokens }) => format.number(weeklyTokens),
      numeric: true,
      wide: true,
    },
  ]
  return <DataTable label={t('courses:title')} columns={columns} rows={courses} idOf={({ id }) => id} />
}

function Name({ course: { id, name } }: { course: Course }) {
  return (
    <>
      <TextLink to="/courses/$course" params={{ course: id }} fw={500}>
        {name}
      </TextLink>
      <Text size="xs" c="dimmed">
        {id}
      </Text>
    </>
  )
}
