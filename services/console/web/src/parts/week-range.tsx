import { Group, NumberInput, SegmentedControl, Stack } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { AFTER } from '../app/calendar.ts'

export interface Weeks {
  fromWeek: number
  toWeek: number
}

/** Everything: the weeks of the course, its breaks, before and after. */
export const ALWAYS: Weeks = { fromWeek: 1, toWeek: AFTER }

const isAlways = ({ fromWeek, toWeek }: Weeks) => fromWeek <= ALWAYS.fromWeek && toWeek >= ALWAYS.toWeek

interface WeekRangeProps {
  value: Weeks
  onChange: (weeks: Weeks) => void
  /** The last week of the course. */
  last: number
  error?: string | null
}

/** For which weeks something is meant: always, or from one to another. */
export function WeekRange({ value, onChange, last, error }: WeekRangeProps) {
  const { t } = useTranslation()
  const always = isAlways(value)
  const bound = (name: keyof Weeks) => ({
    label: t(`app:weeks.${name}`),
    min: 1,
    max: last,
    w: 120,
    clampBehavior: 'strict' as const,
    value: value[name],
    onChange: (week: number | string) => onChange({ ...value, [name]: Number(week) }),
  })
  return (
    <Stack gap="xs">
      <SegmentedControl
        style={{ alignSelf: 'flex-start' }}
        aria-label={t('app:weeks.label')}
        data={[
          { value: 'always', label: t('app:weeks.always') },
          { value: 'some', label: t('app:weeks.some') },
        ]}
        value={always ? 'always' : 'some'}
        onChange={choice => onChange(choice === 'always' ? ALWAYS : { fromWeek: 1, toWeek: last })}
      />
      {!always && (
        <Group>
          <NumberInput {...bound('fromWeek')} error={error} />
          <NumberInput {...bound('toWeek')} />
        </Group>
      )}
    </Stack>
  )
}

/** How a range is called in a list. */
export function useWeeksText(): (weeks: Weeks) => string {
  const { t } = useTranslation()
  return weeks => {
    if (isAlways(weeks)) return t('app:weeks.always')
    const { fromWeek: from, toWeek: to } = weeks
    return from === to ? t('app:weeks.one', { week: from }) : t('app:weeks.fromTo', { from, to })
  }
}
