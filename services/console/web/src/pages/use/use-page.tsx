import { Alert, SimpleGrid, Stack } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { Use } from '../../api/types.ts'
import { dayIn, weeksOf } from '../../app/calendar.ts'
import { useNow } from '../../app/clock.ts'
import { useCourse } from '../../app/course.ts'
import { useFormat } from '../../app/format.ts'
import { useLive } from '../../parts/live.ts'
import { LiveButton } from '../../parts/live-button.tsx'
import { Page } from '../../parts/page.tsx'
import { Empty, Shown } from '../../parts/states.tsx'
import { WeekStrip } from '../../parts/week-strip.tsx'
import { useWeekText } from '../../parts/week-text.ts'
import { Days } from './days.tsx'
import { Endings } from './endings.tsx'
import { withCounters } from './figures.ts'
import { Heatmap } from './heatmap.tsx'
import { Models } from './models.tsx'
import { NearLimit } from './near-limit.tsx'
import { useQueryOf } from './queries.ts'
import { Questions } from './questions.tsx'
import { Refused } from './refused.tsx'
import { Tiles } from './tiles.tsx'
import { TopStudents } from './top-students.tsx'
import { Trend } from './trend.tsx'

const route = getRouteApi('/staff/courses/$course/use')

/** How a course uses what it has: one week at a glance, and how it came there. */
export function UsePage() {
  const { t } = useTranslation()
  const course = useCourse()
  const { week } = route.useSearch()
  const navigate = route.useNavigate()
  const query = useQuery(useQueryOf(course.id, week))
  const nowMs = useNow()
  const weeks = weeksOf(course)
  const shown = week ?? query.data?.week
  const queries = useQueryClient()
  const live = useLive(course.id, {
    onCounters: counters =>
      queries.setQueriesData<Use>(
        { queryKey: ['use', course.id] },
        use => use && withCounters(use, counters),
      ),
    onReturn: () => query.refetch(),
  })
  return (
    <Page title={t('use:title')} about={t('use:about')} actions={<LiveButton live={live} />}>
      <WeekStrip
        weeks={weeks}
        today={dayIn(course.timezone, nowMs)}
        label={t('use:strip')}
        onChoose={chosen => navigate({ search: { week: chosen.week }, replace: true })}
        isChosen={each => each.week === shown}
      />
      <Shown query={query}>{use => <Week use={use} nowMs={nowMs} />}</Shown>
    </Page>
  )
}

/** Sums older than this are worth a word. */
const LATE_MS = 120_000

function Week({ use, nowMs }: { use: Use; nowMs: number }) {
  const { t } = useTranslation()
  const format = useFormat()
  const course = useCourse()
  const weekOf = useWeekText()
  return (
    <Stack gap="xl">
      {nowMs - use.countedToMs > LATE_MS && (
        <Alert color="gray">{t('use:late', { time: format.time(use.countedToMs, course.timezone) })}</Alert>
      )}
      {use.requests === 0 ? (
        <>
          <Empty title={t('use:none.title', { week: weekOf(use.week) })} text={t('use:none.text')} />
          {use.refusals.length > 0 && <Refused use={use} />}
        </>
      ) : (
        <>
          <Tiles use={use} />
          <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="xl" verticalSpacing="xl">
            <Days use={use} />
            <Heatmap use={use} />
          </SimpleGrid>
          <Models use={use} />
          <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="xl" verticalSpacing="xl">
            <NearLimit use={use} />
            <Refused use={use} />
            <Endings use={use} />
            <TopStudents use={use} />
            <Questions use={use} />
          </SimpleGrid>
        </>
      )}
      {use.weeks.length > 0 && <Trend use={use} />}
    </Stack>
  )
}
