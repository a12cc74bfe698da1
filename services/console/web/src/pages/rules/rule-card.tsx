import { Button, Code, Group, Paper, Stack, Text } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../../api/client.ts'
import type { Rule } from '../../api/types.ts'
import { useCourse } from '../../app/course.ts'
import { useRights } from '../../app/session.ts'
import { showDone, showProblem } from '../../parts/notices.ts'
import { useWeeksText } from '../../parts/week-range.tsx'
import { KindBadge } from './kind-badge.tsx'
import { rulesQuery } from './rules.ts'

/** One rule: when it applies, and what then happens. */
export function RuleCard({ rule: { id, kind, pattern, message, ...weeks } }: { rule: Rule }) {
  const { t } = useTranslation()
  const { id: course } = useCourse()
  const { change } = useRights(course)
  const weeksText = useWeeksText()
  const queries = useQueryClient()
  const remove = useMutation({
    mutationFn: () =>
      ask(api.DELETE('/api/courses/{course}/rules/{rule}', { params: { path: { course, rule: id } } })),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: rulesQuery(course).queryKey })
      showDone(t('rules:removed'))
    },
    onError: showProblem,
  })
  return (
    <Paper withBorder p="md" component="article">
      <Group justify="space-between" align="flex-start" wrap="nowrap">
        <Stack gap="xs" miw={0}>
          <Group gap="xs">
            <KindBadge kind={kind} />
            <Text size="sm" c="dimmed">
              {weeksText(weeks)}
            </Text>
          </Group>
          <Text size="sm">
            {t('rules:when')} <Code className="lines">{pattern}</Code>
          </Text>
          <Text className="lines">{message}</Text>
        </Stack>
        {change && (
          <Button
            variant="subtle"
            color="red"
            size="xs"
            style={{ flexShrink: 0 }}
            aria-label={t('rules:removeThis', { pattern })}
            loading={remove.isPending}
            onClick={() => remove.mutate()}
          >
            {t('rules:remove')}
          </Button>
        )}
      </Group>
    </Paper>
  )
}
