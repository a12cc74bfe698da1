import { ActionIcon, Autocomplete, Group, NumberInput } from '@mantine/core'
import X from 'lucide-react/icons/x'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useOfferedModels } from '../../parts/course-models.ts'
import type { Factor } from './factors.ts'

interface FactorRowProps {
  factor: Factor
  error: ReactNode
  change: (part: Partial<Factor>) => void
  remove: () => void
}

/** What the tokens of one model count. */
export function FactorRow({ factor, error, change, remove }: FactorRowProps) {
  const { t } = useTranslation()
  const offered = useOfferedModels() ?? []
  return (
    <Group align="flex-end" gap="xs" role="group" aria-label={factor.model}>
      <Autocomplete
        label={t('settings:models.model')}
        data={offered}
        value={factor.model}
        error={error}
        w={{ base: '100%', sm: 220 }}
        onChange={model => change({ model })}
      />
      {(['input', 'cachedInput', 'output'] as const).map(part => (
        <NumberInput
          key={part}
          label={t(`settings:models.${part}`)}
          value={factor[part]}
          min={0}
          max={1000}
          decimalScale={3}
          step={0.5}
          w={96}
          onChange={value => change({ [part]: value })}
        />
      ))}
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={t('settings:models.remove', { model: factor.model })}
        onClick={remove}
      >
        <X size={18} />
      </ActionIcon>
    </Group>
  )
}
