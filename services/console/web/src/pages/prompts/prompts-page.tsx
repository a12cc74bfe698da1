import { versionInForce } from '@lectern/shared/prompt-schedule.ts'
import { Stack, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { PromptVersion } from '../../api/types.ts'
import { dayIn, placeOf, weekNumber, weeksOf } from '../../app/calendar.ts'
import { useNow } from '../../app/clock.ts'
import { useCourse } from '../../app/course.ts'
import { useRights } from '../../app/session.ts'
import { ButtonLink } from '../../parts/links.tsx'
import { Page } from '../../parts/page.tsx'
import { Empty, Shown } from '../../parts/states.tsx'
import { WeekStrip } from '../../parts/week-strip.tsx'
import { InForce } from './in-force.tsx'
import { VersionList } from './version-list.tsx'
import { versionsQuery } from './versions.ts'

/** What the model is told in each week, and how that came about. */
export function PromptsPage() {
  const { t } = useTranslation()
  const course = useCourse()
  const { change } = useRights(course.id)
  const query = useQuery(versionsQuery(course.id))
  const create = (
    <ButtonLink to="/courses/$course/prompts/new" params={{ course: course.id }}>
      {t('prompts:new')}
    </ButtonLink>
  )
  return (
    <Page title={t('prompts:title')} about={t('prompts:about')} actions={change && create}>
      <Shown query={query}>
        {versions =>
          versions.length > 0 ? (
            <Schedule versions={versions} />
          ) : (
            <Empty title={t('prompts:none.title')} text={t('prompts:none.text')} />
          )
        }
      </Shown>
    </Page>
  )
}

function Schedule({ versions }: { versions: PromptVersion[] }) {
  const { t } = useTranslation()
  const course = useCourse()
  const nowMs = useNow()
  const weeks = weeksOf(course)
  const today = dayIn(course.timezone, nowMs)
  const [chosen, setChosen] = useState<number | null>(null)
  const week = chosen ?? weekNumber(weeks, placeOf(weeks, today))
  return (
    <Stack gap="xl">
      <WeekStrip
        weeks={weeks}
        today={today}
        label={t('prompts:strip')}
        onChoose={each => setChosen(each.week)}
        isChosen={each => each.week === week}
      />
      <InForce week={week} version={versionInForce(versions, week, nowMs)} />
      <Stack gap="sm">
        <Title order={2}>{t('prompts:versions')}</Title>
        <VersionList versions={versions} />
      </Stack>
    </Stack>
  )
}
