import { Group, Text, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useCourse } from '../../app/course.ts'
import { ownTimezone } from '../../app/timezones.ts'
import { MoreButton } from '../../parts/more-button.tsx'
import { Page } from '../../parts/page.tsx'
import { Empty, Shown } from '../../parts/states.tsx'
import { AuditTable } from './audit-table.tsx'
import { auditQuery } from './queries.ts'

const TYPING_MS = 300

export function CourseAuditPage() {
  const { id, timezone } = useCourse()
  return <Audit course={id} timezone={timezone} />
}

export function AuditPage() {
  return <Audit course={null} timezone={ownTimezone()} />
}

/** What staff did and read, newest first; it can be read and not changed. */
function Audit({ course, timezone }: { course: string | null; timezone: string }) {
  const { t } = useTranslation()
  const [actor, setActor] = useState('')
  const [from, setFrom] = useState('')
  const [who] = useDebouncedValue(actor.trim(), TYPING_MS)
  const query = useInfiniteQuery(auditQuery({ course, actor: who, from, timezone }))
  return (
    <Page title={t('audit:title')} about={t('audit:about')}>
      <Group align="flex-end">
        <TextInput
          label={t('audit:who')}
          description={t('audit:whoAbout')}
          value={actor}
          onChange={event => setActor(event.currentTarget.value)}
          w={{ base: '100%', sm: 300 }}
        />
        <TextInput
          label={t('audit:from')}
          type="date"
          value={from}
          onChange={event => setFrom(event.currentTarget.value)}
        />
      </Group>
      <Text size="sm" c="dimmed">
        {t('audit:zone', { timezone })}
      </Text>
      <Shown query={query}>
        {({ pages }) => {
          const entries = pages.flatMap(({ items }) => items)
          if (entries.length === 0) return <Empty title={t('audit:none')} />
          return (
            <>
              <AuditTable entries={entries} timezone={timezone} />
              <MoreButton query={query} />
            </>
          )
        }}
      </Shown>
    </Page>
  )
}
