import '@mantine/charts/styles.css'
import { BarChart } from '@mantine/charts'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Use } from '../../api/types.ts'
import { BEFORE, dayIn, weeksOf } from '../../app/calendar.ts'
import { useNow } from '../../app/clock.ts'
import { useCourse } from '../../app/course.ts'
import { useFormat } from '../../app/format.ts'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { useWeekText } from '../../parts/week-text.ts'
import { type Measure, trendOf, type WeekSums } from './figures.ts'
import { MeasureChoice } from './measure-choice.tsx'
import classes from './use.module.css'
import { UsePart } from './use-part.tsx'

/** One bar a week, and the same as a table. */
export function Trend({ use }: { use: Use }) {
  const { t } = useTranslation()
  const format = useFormat()
  const course = useCourse()
  const nowMs = useNow()
  const weekOf = useWeekText()
  const [measure, setMeasure] = useState<Measure>('requests')
  const today = dayIn(course.timezone, nowMs)
  const points = trendOf(use.weeks, weeksOf(course), today, measure)
  const name = t(`use:measure.${measure}`)
  return (
    <UsePart
      title={t('use:trend.title')}
      table="weeks"
      week={use.week}
      actions={<MeasureChoice value={measure} onChange={setMeasure} />}
    >
      <div role="img" aria-label={t('use:trend.chart', { measure: name })}>
        <BarChart
          h={220}
          data={points.map(({ week, value }) => ({
            week: weekOf(week),
            short: week < BEFORE ? format.number(week) : t('app:week.pause'),
            value,
          }))}
          dataKey="short"
          series={[{ name: 'value', label: name, color: 'indigo.5' }]}
          maxBarWidth={40}
          barProps={{ radius: [3, 3, 0, 0], isAnimationActive: false }}
          barChartProps={{ accessibilityLayer: false }}
          valueFormatter={format.number}
          yAxisProps={{ tickFormatter: format.compact, width: 48 }}
          tooltipProps={{ labelFormatter: (_, [first]) => first?.payload?.week }}
        />
      </div>
      <details className={classes.details}>
        <summary>{t('use:asTable')}</summary>
        <WeeksTable weeks={use.weeks} />
      </details>
    </UsePart>
  )
}

function WeeksTable({ weeks }: { weeks: WeekSums[] }) {
  const { t } = useTranslation()
  const format = useFormat()
  const weekOf = useWeekText()
  const figure = (name: 'requests' | 'chargeTokens' | 'students' | 'blocked' | 'failed', wide = false) => ({
    title: t(`use:tile.${name}`),
    cell: (row: WeekSums) => format.number(row[name]),
    numeric: true,
    wide,
  })
  const columns: Column<WeekSums>[] = [
    { title: t('use:column.week'), cell: ({ week }) => weekOf(week) },
    figure('requests'),
    figure('chargeTokens'),
    figure('students', true),
    figure('blocked', true),
    figure('failed', true),
  ]
  return (
    <DataTable
      label={t('use:trend.title')}
      columns={columns}
      rows={weeks}
      idOf={({ week }) => String(week)}
    />
  )
}
