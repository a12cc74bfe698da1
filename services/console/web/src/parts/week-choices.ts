import { useTranslation } from 'react-i18next'
import { dayIn, placeOf, weekNumber, weeksOf } from '../app/calendar.ts'
import { useNow } from '../app/clock.ts'
import { useCourse } from '../app/course.ts'
import { useFormat } from '../app/format.ts'

/** The weeks of the course to choose from, and the running one; null outside of the weeks. */
export function useWeekChoices(): { choices: { value: string; label: string }[]; now: string | null } {
  const { t } = useTranslation()
  const course = useCourse()
  const format = useFormat()
  const weeks = weeksOf(course)
  const place = placeOf(weeks, dayIn(course.timezone, useNow()))
  const now = place.at === 'week' ? String(weekNumber(weeks, place)) : null
  const choices = weeks.flatMap(({ number, startsOn, endsOn }) => {
    if (number === null) return []
    const value = String(number)
    const days = { number, from: format.shortDay(startsOn), to: format.shortDay(endsOn) }
    const label = t('app:week.name', days)
    return [{ value, label: value === now ? `${label} · ${t('app:week.now')}` : label }]
  })
  return { choices, now }
}
