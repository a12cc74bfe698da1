import { Group, Paper, Progress, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import type { Balance } from '../../api/types.ts'
import { useCourse } from '../../app/course.ts'
import { useFormat } from '../../app/format.ts'
import { Shown } from '../../parts/states.tsx'
import { balanceQuery } from './queries.ts'

/** What is left of a week and when it ends; `null`: of the time that runs now. */
export function BalanceCard({ student, week }: { student: string; week: number | null }) {
  const { t } = useTranslation()
  const query = useQuery(balanceQuery(student, week))
  return (
    <Paper withBorder p="lg" component="section">
      <Title order={2} mb="sm">
        {t('student:balance.title')}
      </Title>
      <Shown query={query}>{balance => <Numbers balance={balance} />}</Shown>
    </Paper>
  )
}

function Numbers({ balance: { granted, used, held, remaining, resetsAtMs } }: { balance: Balance }) {
  const { t } = useTranslation()
  const { timezone } = useCourse()
  const format = useFormat()
  const share = (tokens: number) => (granted > 0 ? (100 * tokens) / granted : 0)
  const parts = [
    { name: 'granted', tokens: granted },
    { name: 'used', tokens: used },
    ...(held > 0 ? [{ name: 'held', tokens: held }] : []),
  ]
  return (
    <Stack gap="xs">
      <Text fz={32} fw={650} lh={1.1} className="tabular">
        {format.number(remaining)}
      </Text>
      <Text c="dimmed">{t('student:balance.left')}</Text>
      <Progress.Root size="lg" aria-hidden>
        <Progress.Section value={share(used)} color="gray" />
        <Progress.Section value={share(held)} color="yellow" />
        <Progress.Section value={Math.max(0, share(remaining))} color="indigo" />
      </Progress.Root>
      {parts.map(({ name, tokens }) => (
        <Group key={name} justify="space-between">
          <Text size="sm">{t(`student:balance.${name}`)}</Text>
          <Text size="sm" className="tabular">
            {format.number(tokens)}
          </Text>
        </Group>
      ))}
      {resetsAtMs < FAR_MS && (
        <Text size="sm" c="dimmed">
          {t('student:balance.until', { time: format.time(resetsAtMs, timezone), timezone })}
        </Text>
      )}
    </Stack>
  )
}

/** The time after the last week has no end: the API says the year 9999. */
const FAR_MS = Date.UTC(9000, 0)
