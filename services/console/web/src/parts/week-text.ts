import { useTranslation } from 'react-i18next'
import { weekNumber, weeksOf } from '../app/calendar.ts'
import { useCourse } from '../app/course.ts'
import { useFormat } from '../app/format.ts'

/** How a week is called that the API knows by its number: one of the course, or a stretch outside. */
export function useWeekText(): (week: number) => string {
  const { t } = useTranslation()
  const format = useFormat()
  const weeks = weeksOf(useCourse())
  return week => {
    if (week < 1000) return t('app:week.number', { number: week })
    if (week === 1000) return t('app:week.before')
    if (week === 1999) return t('app:week.after')
    const rest = weeks.find((_, index) => weekNumber(weeks, { at: 'break', index }) === week)
    return t('app:week.breakFrom', { day: rest ? format.shortDay(rest.startsOn) : week })
  }
}
