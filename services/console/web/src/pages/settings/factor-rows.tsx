import { Button, Stack } from '@mantine/core'
import type { FormErrors } from '@mantine/form'
import Plus from 'lucide-react/icons/plus'
import { useTranslation } from 'react-i18next'
import { FactorRow } from './factor-row.tsx'
import type { Factor } from './factors.ts'

interface FactorRowsProps {
  factors: Factor[]
  /** Of the form, by `row.<row>`. */
  errors: FormErrors
  change: (factors: Factor[]) => void
  /** The next model that has no row yet; may be empty. */
  suggestion: string
  /** What stands in a new row. */
  fresh: number
}

/** A list of models with a number each for what is read, read again, and written. */
export function FactorRows({ factors, errors, change, suggestion, fresh }: FactorRowsProps) {
  const { t } = useTranslation()
  const add = () =>
    change([
      ...factors,
      { row: crypto.randomUUID(), model: suggestion, input: fresh, cachedInput: fresh, output: fresh },
    ])
  return (
    <Stack gap="xs">
      {factors.map(factor => (
        <FactorRow
          key={factor.row}
          factor={factor}
          error={errors[`row.${factor.row}`]}
          change={part =>
            change(factors.map(other => (other.row === factor.row ? { ...other, ...part } : other)))
          }
          remove={() => change(factors.filter(({ row }) => row !== factor.row))}
        />
      ))}
      <Button
        variant="default"
        leftSection={<Plus size={16} />}
        onClick={add}
        style={{ alignSelf: 'flex-start' }}
      >
        {t('settings:models.add')}
      </Button>
    </Stack>
  )
}
