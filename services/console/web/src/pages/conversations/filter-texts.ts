import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { weekNumber, weeksOf } from '../../app/calendar.ts'
import { useCourse } from '../../app/course.ts'
import { useFormat } from '../../app/format.ts'
import { useStudentNames } from '../../parts/student-names.ts'
import { rulesQuery } from '../rules/rules.ts'
import type { Filter } from './filter.ts'

/** How each filter that is set is called: `Week 3`, `From 2 Nov 2026`. */
export function useFilterTexts(filter: Filter): (name: keyof Filter) => string {
  const { t } = useTranslation()
  const format = useFormat()
  const course = useCourse()
  const nameOf = useStudentNames(filter.student ? [filter.student] : [])
  const { data: rules = [] } = useQuery({ ...rulesQuery(course.id), enabled: filter.rule !== undefined })
  const weekOf = useWeekText()
  const texts: Record<keyof Filter, () => string> = {
    q: () => filter.q ?? '',
    student: () => nameOf(filter.student ?? ''),
    week: () => weekOf(filter.week ?? 1),
    model: () => filter.model ?? '',
    rule: () => {
      const pattern = rules.find(({ id }) => id === filter.rule)?.pattern
      return t('conversations:filter.ruleHit', { rule: pattern ?? filter.rule ?? '' })
    },
    outcome: () => t(`conversations:outcome.${filter.outcome ?? 'completed'}`),
    flagged: () => t('conversations:filter.flagged'),
    from: () => t('conversations:filter.fromDay', { day: format.day(filter.from ?? '') }),
    to: () => t('conversations:filter.toDay', { day: format.day(filter.to ?? '') }),
  }
  return name => texts[name]()
}

/** How a week is called that the API knows by its number: one of the course, or a stretch outside. */
export function useWeekText(): (week: number) => string {
  const { t } = useTranslation()
  const format = useFormat()
  const weeks = weeksOf(useCourse())
  return week => {
    if (week < 1000) return t('conversations:week.number', { number: week })
    if (week === 1000) return t('conversations:week.before')
    if (week === 1999) return t('conversations:week.after')
    const rest = weeks.find((_, index) => weekNumber(weeks, { at: 'break', index }) === week)
    return t('conversations:week.break', { day: rest ? format.shortDay(rest.startsOn) : week })
  }
}
