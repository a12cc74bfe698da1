import { useTranslation } from 'react-i18next'
import { AFTER, BEFORE, weeksOf } from '../app/calendar.ts'
import { useCourse } from '../app/course.ts'
import { useFormat } from '../app/format.ts'

/** How a week is called that the API knows by its number: one of the course, or a stretch outside. */
export function useWeekText(): (week: number) => string {
  const { t } = useTranslation()
  const format = useFormat()
  const weeks = weeksOf(useCourse())
  return week => {
    if (week < BEFORE) return t('app:week.number', { number: week })
    if (week === BEFORE) return t('app:week.before')
    if (week === AFTER) return t('app:week.after')
    const rest = weeks.find(each => each.week === week)
    return t('app:week.breakFrom', { day: rest ? format.shortDay(rest.startsOn) : week })
  }
}
