import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { useCourse } from '../../app/course.ts'
import { useFormat } from '../../app/format.ts'
import { useStudentNames } from '../../parts/student-names.ts'
import { useWeekText } from '../../parts/week-text.ts'
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
