import { Text, VisuallyHidden } from '@mantine/core'
import { type CSSProperties, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Use } from '../../api/types.ts'
import { useCourse } from '../../app/course.ts'
import { useFormat } from '../../app/format.ts'
import { HOURS, heatOf, type Measure, WEEKDAYS, weekdayName } from './figures.ts'
import { MeasureChoice } from './measure-choice.tsx'
import classes from './use.module.css'
import { UsePart } from './use-part.tsx'

/** When the course asks: a table of weekdays and hours whose cells are the darker the more there was. */
export function Heatmap({ use }: { use: Use }) {
  const { t, i18n } = useTranslation()
  const format = useFormat()
  const { timezone } = useCourse()
  const [measure, setMeasure] = useState<Measure>('requests')
  const { at, most } = heatOf(use.hours, measure)
  const name = t(`use:measure.${measure}`)
  return (
    <UsePart
      title={t('use:heat.title')}
      about={t('use:heat.about', { timezone })}
      table="hours"
      week={use.week}
      actions={<MeasureChoice value={measure} onChange={setMeasure} />}
    >
      <table className={classes.heat} aria-label={`${t('use:heat.title')}: ${name}`}>
        <thead>
          <tr>
            <td />
            {HOURS.map(hour => (
              <th key={hour} scope="col">
                {hour % 6 === 0 ? hour : <VisuallyHidden>{hour}</VisuallyHidden>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {WEEKDAYS.map(weekday => (
            <tr key={weekday}>
              <th scope="row">{weekdayName(weekday, i18n.language)}</th>
              {HOURS.map(hour => (
                <Cell
                  key={hour}
                  value={at(weekday, hour)}
                  most={most}
                  title={t('use:heat.cell', {
                    day: weekdayName(weekday, i18n.language),
                    hour,
                    value: format.number(at(weekday, hour)),
                    measure: name,
                  })}
                />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <Text size="xs" c="dimmed">
        {t('use:heat.most', { value: format.number(most), measure: name })}
      </Text>
    </UsePart>
  )
}

function Cell({ value, most, title }: { value: number; most: number; title: string }) {
  const format = useFormat()
  const style = { '--heat': `${most > 0 ? Math.round((value / most) * 100) : 0}%` } as CSSProperties
  return (
    <td className={classes.cell} style={style} title={title}>
      <VisuallyHidden>{format.number(value)}</VisuallyHidden>
    </td>
  )
}
