import { Group, Progress, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import type { OwnBalance } from '../../api/student.ts'
import { useFormat } from '../../app/format.ts'
import { ownTimezone } from '../../app/timezones.ts'
import { Shown } from '../../parts/states.tsx'
import { balanceQuery } from './queries.ts'
import { Section } from './section.tsx'

/** The time after the last week has no end: the API says the year 9999. */
const FAR_MS = Date.UTC(9000, 0)

/** What is left of this week, and when the next one begins. */
export function Left() {
  const { t } = useTranslation()
  const query = useQuery(balanceQuery)
  return (
    <Section title={t('me:left.title')}>
      <Shown query={query}>{balance => <Numbers balance={balance} />}</Shown>
    </Section>
  )
}

function Numbers({ balance: { granted, used, held, left, resetsAt } }: { balance: OwnBalance }) {
  const { t } = useTranslation()
  const format = useFormat()
  const share = (tokens: number) => (granted > 0 ? Math.min(100, Math.max(0, (100 * tokens) / granted)) : 0)
  const parts = [
    { name: 'used', tokens: used, color: 'gray.5' },
    ...(held > 0 ? [{ name: 'held', tokens: held, color: 'yellow.6' }] : []),
    { name: 'left', tokens: Math.max(0, left), color: 'indigo.7' },
  ]
  const timezone = ownTimezone()
  return (
    <Stack gap="sm">
      <Group gap={8} align="baseline">
        <Text fz={44} fw={650} lh={1.1} className="tabular">
          {format.number(Math.max(0, left))}
        </Text>
        <Text c="dimmed">{t('me:left.of', { total: format.number(granted) })}</Text>
      </Group>
      <Progress.Root size="xl" aria-hidden>
        {parts.map(({ name, tokens, color }) => (
          <Progress.Section key={name} value={share(tokens)} color={color} />
        ))}
      </Progress.Root>
      <Group gap="lg">
        {parts.map(({ name, tokens, color }) => (
          <Group key={name} gap={6}>
            <Text aria-hidden w={10} h={10} bg={color} style={{ borderRadius: 5 }} />
            <Text size="sm" className="tabular">
              {t(`me:left.${name}`, { tokens: format.number(tokens) })}
            </Text>
          </Group>
        ))}
      </Group>
      {left <= 0 && <Text>{granted > 0 ? t('me:left.nothing') : t('me:left.closed')}</Text>}
      {Date.parse(resetsAt) < FAR_MS && (
        <Text size="sm" c="dimmed">
          {t('me:left.resets', { time: format.time(resetsAt, timezone), timezone })}
        </Text>
      )}
    </Stack>
  )
}
