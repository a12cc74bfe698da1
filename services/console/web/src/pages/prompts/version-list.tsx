import { isWaiting, startOf } from '@lectern/shared/prompt-schedule.ts'
import { Anchor, Badge, Group, Text } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { PromptVersion } from '../../api/types.ts'
import { useNow } from '../../app/clock.ts'
import { useCourse } from '../../app/course.ts'
import { useFormat } from '../../app/format.ts'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { useWeeksText } from '../../parts/week-range.tsx'
import { VersionModal } from './version-modal.tsx'

/** Every version that was published, newest first. */
export function VersionList({ versions }: { versions: PromptVersion[] }) {
  const { t } = useTranslation()
  const { timezone } = useCourse()
  const format = useFormat()
  const nowMs = useNow()
  const weeksText = useWeeksText()
  const [shown, setShown] = useState<PromptVersion | null>(null)
  const columns: Column<PromptVersion>[] = [
    {
      title: t('prompts:column.version'),
      cell: version => (
        <Group gap="xs">
          <Anchor component="button" className="nowrap" onClick={() => setShown(version)} fw={500}>
            {t('prompts:version', { version: version.version })}
          </Anchor>
          {isWaiting(version, nowMs) && (
            <Badge variant="light" color="gray">
              {t('prompts:waiting', { time: format.time(startOf(version), timezone) })}
            </Badge>
          )}
        </Group>
      ),
    },
    {
      title: t('prompts:column.weeks'),
      cell: version => <span className="nowrap">{weeksText(version)}</span>,
    },
    {
      title: t('prompts:column.since'),
      cell: version => <span className="nowrap">{format.time(startOf(version), timezone)}</span>,
      wide: true,
    },
    {
      title: t('prompts:column.text'),
      cell: ({ text }) => (
        <Text size="sm" c="dimmed" lineClamp={1}>
          {text}
        </Text>
      ),
      wide: true,
    },
  ]
  return (
    <>
      <DataTable label={t('prompts:versions')} columns={columns} rows={versions} idOf={({ id }) => id} />
      {shown && <VersionModal version={shown} versions={versions} close={() => setShown(null)} />}
    </>
  )
}
