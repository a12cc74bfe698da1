import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Use } from '../../api/types.ts'
import { AFTER, BEFORE, dayIn, weeksOf } from '../../app/calendar.ts'
import { useNow } from '../../app/clock.ts'
import { useCourse } from '../../app/course.ts'
import { useFormat } from '../../app/format.ts'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { useWeekText } from '../../parts/week-text.ts'
import { Bars } from './bars.tsx'
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
  const shortOf = (week: number) => {
    if (week < BEFORE) return format.number(week)
    if (week === BEFORE) return t('app:week.early')
    return week === AFTER ? t('app:week.late') : t('app:week.pause')
  }
  return (
    <UsePart
      title={t('use:trend.title')}
      table="weeks"
      week={use.week}
      actions={<MeasureChoice value={measure} onChange={setMeasure} />}
    >
      <Bars
        bars={points.map(({ week, value }) => ({ short: shortOf(week), name: weekOf(week), value }))}
        measure={name}
        label={t('use:trend.chart', { measure: name })}
      />
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
