import '@mantine/charts/styles.css'
import { BarChart } from '@mantine/charts'
import { useFormat } from '../../app/format.ts'

interface Bar {
  /** At the axis. */
  short: string
  /** Beside the figure. */
  name: string
  value: number
}

interface BarsProps {
  bars: Bar[]
  /** What is counted. */
  measure: string
  /** What the chart is, for those who do not see it. */
  label: string
}

/** A figure over time; a table beside it says the same. */
export function Bars({ bars, measure, label }: BarsProps) {
  const format = useFormat()
  return (
    <div role="img" aria-label={label}>
      <BarChart
        h={220}
        data={bars}
        dataKey="short"
        series={[{ name: 'value', label: measure, color: 'indigo.5' }]}
        maxBarWidth={40}
        barProps={{ radius: [3, 3, 0, 0], isAnimationActive: false }}
        barChartProps={{ accessibilityLayer: false }}
        valueFormatter={format.number}
        yAxisProps={{ tickFormatter: format.compact, width: 48 }}
        tooltipProps={{ labelFormatter: (_, [first]) => first?.payload?.name }}
      />
    </div>
  )
}
