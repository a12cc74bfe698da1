import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Use } from '../../api/types.ts'
import { dayIn, weeksOf } from '../../app/calendar.ts'
import { useNow } from '../../app/clock.ts'
import { useCourse } from '../../app/course.ts'
import { useFormat } from '../../app/format.ts'
import { DataTable } from '../../parts/data-table.tsx'
import { Bars } from './bars.tsx'
import { type DayFigures, daysOf, type Measure, weekdayOf } from './figures.ts'
import { MeasureChoice } from './measure-choice.tsx'
import classes from './use.module.css'
import { UsePart } from './use-part.tsx'

/** One bar for each day of the week, and the same as a table. */
export function Days({ use }: { use: Use }) {
  const { t, i18n } = useTranslation()
  const format = useFormat()
  const course = useCourse()
  const today = dayIn(course.timezone, useNow())
  const [measure, setMeasure] = useState<Measure>('requests')
  const days = daysOf(use, weeksOf(course), today)
  const name = t(`use:measure.${measure}`)
  const nameOf = (day: string) => `${weekdayOf(day, i18n.language)}, ${format.shortDay(day)}`
  return (
    <UsePart
      title={t('use:days.title')}
      about={t('use:days.about', { timezone: course.timezone })}
      table="days"
      week={use.week}
      actions={<MeasureChoice value={measure} onChange={setMeasure} />}
    >
      <Bars
        bars={days.map(each => ({
          short: format.shortDay(each.day),
          name: nameOf(each.day),
          value: each[measure],
        }))}
        measure={name}
        label={t('use:days.chart', { measure: name })}
      />
      <details className={classes.details}>
        <summary>{t('use:asTable')}</summary>
        <DataTable<DayFigures>
          label={t('use:days.title')}
          columns={[
            { title: t('use:column.day'), cell: ({ day }) => nameOf(day) },
            ...(['requests', 'chargeTokens'] as const).map(figure => ({
              title: t(`use:tile.${figure}`),
              cell: (row: DayFigures) => format.number(row[figure]),
              numeric: true,
            })),
          ]}
          rows={days}
          idOf={({ day }) => day}
        />
      </details>
    </UsePart>
  )
}
