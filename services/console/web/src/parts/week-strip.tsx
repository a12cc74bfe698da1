import { useTranslation } from 'react-i18next'
import { type CalendarWeek, placeOf } from '../app/calendar.ts'
import { useFormat } from '../app/format.ts'
import classes from './week-strip.module.css'

interface WeekStripProps {
  weeks: readonly CalendarWeek[]
  /** Marked; a day of the course's time zone. */
  today: string
  label: string
  /** Makes each week a button; `isChosen` says which are pressed. */
  onChoose?: ((week: CalendarWeek) => void) | undefined
  isChosen?: (week: CalendarWeek) => boolean
  isFixed?: (week: CalendarWeek) => boolean
}

/** A course's calendar at a glance: its weeks and breaks in order, past and present told apart. */
export function WeekStrip({ weeks, today, label, onChoose, isChosen, isFixed }: WeekStripProps) {
  const place = placeOf(weeks, today)
  const now = 'index' in place ? place.index : place.at === 'after' ? weeks.length : -1
  return (
    <ol className={classes.strip} aria-label={label}>
      {weeks.map((week, index) => (
        <li key={week.startsOn} aria-current={index === now ? 'date' : undefined}>
          <Week
            week={week}
            tense={index === now ? 'now' : index < now ? 'past' : 'future'}
            onChoose={onChoose}
            chosen={isChosen?.(week) ?? false}
            fixed={isFixed?.(week) ?? false}
          />
        </li>
      ))}
    </ol>
  )
}

interface WeekProps {
  week: CalendarWeek
  tense: 'past' | 'now' | 'future'
  onChoose: ((week: CalendarWeek) => void) | undefined
  chosen: boolean
  fixed: boolean
}

function Week({ week, tense, onChoose, chosen, fixed }: WeekProps) {
  const { t } = useTranslation()
  const format = useFormat()
  const { number, startsOn, endsOn } = week
  const days = { from: format.day(startsOn), to: format.day(endsOn) }
  const name = number === null ? t('app:week.break', days) : t('app:week.name', { ...days, number })
  const looks = [
    classes.week,
    tense !== 'future' && classes[tense],
    number === null && classes.break,
    chosen && classes.chosen,
  ]
  const props = {
    className: looks.filter(Boolean).join(' '),
    title: tense === 'now' ? `${name} · ${t('app:week.now')}` : name,
  }
  const inside = (
    <>
      <span>{number === null ? t('app:week.pause') : number}</span>
      <span className={classes.day}>{format.shortDay(startsOn)}</span>
    </>
  )
  if (!onChoose) return <div {...props}>{inside}</div>
  return (
    <button {...props} type="button" aria-pressed={chosen} disabled={fixed} onClick={() => onChoose(week)}>
      {inside}
    </button>
  )
}
