import { Badge } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Outcome } from '../../api/types.ts'

/** Told apart by their words; the colour only says how loud. */
const COLORS: Record<Outcome, string> = {
  completed: 'teal',
  blocked: 'grape',
  client_gone: 'gray',
  upstream_cut: 'red',
  upstream_stalled: 'red',
  upstream_failed: 'red',
}

/** How a request ended. */
export function OutcomeBadge({ outcome }: { outcome: Outcome }) {
  const { t } = useTranslation()
  return (
    <Badge size="sm" variant="dot" color={COLORS[outcome]}>
      {t(`conversations:outcome.${outcome}`)}
    </Badge>
  )
}
