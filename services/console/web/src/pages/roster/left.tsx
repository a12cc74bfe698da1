import { Progress, Stack, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Balance } from '../../api/types.ts'
import { useFormat } from '../../app/format.ts'

/** Below it a student will soon be refused. */
const LITTLE = 0.1

/** What is left of a week, in tokens and as a bar; `null` outside of the weeks. */
export function Left({ balance }: { balance: Balance | null | undefined }) {
  const { t } = useTranslation()
  const format = useFormat()
  if (!balance) return <Text c="dimmed">{t('roster:closed')}</Text>
  const { granted, remaining } = balance
  const share = granted > 0 ? Math.min(1, Math.max(0, remaining / granted)) : 0
  const text = t('roster:leftOf', { left: format.number(remaining), granted: format.number(granted) })
  return (
    <Stack gap={4} miw={110}>
      <Text size="sm" className="tabular">
        {text}
      </Text>
      <Progress value={share * 100} color={share < LITTLE ? 'red' : 'indigo'} size="sm" aria-label={text} />
    </Stack>
  )
}
