import { Badge } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Rule } from '../../api/types.ts'

const COLORS = { block: 'red', guide: 'blue' }

/** What a rule does. */
export function KindBadge({ kind }: Pick<Rule, 'kind'>) {
  const { t } = useTranslation()
  return (
    <Badge variant="light" color={COLORS[kind]}>
      {t(`rules:kind.${kind}`)}
    </Badge>
  )
}
