import { SegmentedControl } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Measure } from './figures.ts'

/** What a chart counts. */
export function MeasureChoice({ value, onChange }: { value: Measure; onChange: (measure: Measure) => void }) {
  const { t } = useTranslation()
  return (
    <SegmentedControl
      size="xs"
      aria-label={t('use:measure.label')}
      data={(['requests', 'chargeTokens'] as const).map(measure => ({
        value: measure,
        label: t(`use:measure.${measure}`),
      }))}
      value={value}
      onChange={measure => onChange(measure as Measure)}
    />
  )
}
