import { startOf } from '@lectern/shared/prompt-schedule.ts'
import { Badge, Group, Paper, Stack, Text, Title } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { PromptVersion } from '../../api/types.ts'
import { BEFORE } from '../../app/calendar.ts'
import { useCourse } from '../../app/course.ts'
import { useFormat } from '../../app/format.ts'
import { useRights } from '../../app/session.ts'
import { ButtonLink } from '../../parts/links.tsx'
import { useWeeksText } from '../../parts/week-range.tsx'

/** The prompt of one week. */
export function InForce({ week, version }: { week: number; version: PromptVersion | null }) {
  const { t } = useTranslation()
  const { id, timezone } = useCourse()
  const { change } = useRights(id)
  const format = useFormat()
  const weeksText = useWeeksText()
  const title = week < BEFORE ? t('prompts:inForce.week', { week }) : t('prompts:inForce.outside')
  const search = { ...(version && { from: version.version }), ...(week < BEFORE && { week }) }
  return (
    <Paper withBorder p={{ base: 'md', sm: 'lg' }} component="section">
      <Stack>
        <Group justify="space-between" align="flex-start">
          <Title order={2}>{title}</Title>
          {change && (
            <ButtonLink
              to="/courses/$course/prompts/new"
              params={{ course: id }}
              search={search}
              variant="default"
              size="xs"
            >
              {version ? t('prompts:inForce.change') : t('prompts:inForce.write')}
            </ButtonLink>
          )}
        </Group>
        {version ? (
          <>
            <Group gap="xs">
              <Badge variant="light">{t('prompts:version', { version: version.version })}</Badge>
              <Text size="sm" c="dimmed">
                {weeksText(version)} · {format.time(startOf(version), timezone)} ({timezone})
              </Text>
            </Group>
            <Text className="lines" lang="">
              {version.text}
            </Text>
          </>
        ) : (
          <Text c="dimmed">{t('prompts:inForce.none')}</Text>
        )}
      </Stack>
    </Paper>
  )
}
