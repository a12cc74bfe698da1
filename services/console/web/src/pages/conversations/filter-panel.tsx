import { Autocomplete, Checkbox, Paper, Select, SimpleGrid, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { AFTER, BEFORE, weeksOf } from '../../app/calendar.ts'
import { useCourse } from '../../app/course.ts'
import { useWeekText } from '../../parts/week-text.ts'
import { rulesQuery } from '../rules/rules.ts'
import { type Filter, OUTCOMES } from './filter.ts'
import { StudentPicker } from './student-picker.tsx'

interface FilterPanelProps {
  filter: Filter
  change: (filter: Filter) => void
}

/** All filters; each is in force as soon as it is chosen. */
export function FilterPanel({ filter, change }: FilterPanelProps) {
  const { t } = useTranslation()
  const course = useCourse()
  const { data: rules = [] } = useQuery(rulesQuery(course.id))
  const weeks = useWeekChoices()
  const set = <K extends keyof Filter>(name: K, value: Filter[K] | null | '') => {
    const { [name]: _, ...rest } = filter
    change(value === null || value === '' || value === undefined ? rest : { ...rest, [name]: value })
  }
  const day = (name: 'from' | 'to') => ({
    label: t(`conversations:filter.${name}`),
    type: 'date',
    value: filter[name] ?? '',
    onChange: (event: React.ChangeEvent<HTMLInputElement>) => set(name, event.currentTarget.value),
  })
  return (
    <Paper withBorder p="md">
      <SimpleGrid cols={{ base: 2, md: 4 }} spacing="sm">
        <StudentPicker value={filter.student} onChange={student => set('student', student)} />
        <Select
          label={t('conversations:filter.week')}
          placeholder={t('conversations:filter.any')}
          clearable
          data={weeks}
          value={filter.week === undefined ? null : String(filter.week)}
          onChange={week => set('week', week === null ? null : Number(week))}
        />
        <ModelField
          key={filter.model}
          value={filter.model ?? ''}
          models={course.models}
          onChange={model => set('model', model)}
        />
        <Select
          label={t('conversations:filter.outcome')}
          placeholder={t('conversations:filter.any')}
          clearable
          data={OUTCOMES.map(value => ({ value, label: t(`conversations:outcome.${value}`) }))}
          value={filter.outcome ?? null}
          onChange={outcome => set('outcome', outcome as Filter['outcome'])}
        />
        <Select
          label={t('conversations:filter.rule')}
          placeholder={t('conversations:filter.any')}
          clearable
          data={rules.map(({ id, pattern }) => ({ value: id, label: pattern }))}
          value={filter.rule ?? null}
          onChange={rule => set('rule', rule)}
        />
        <TextInput {...day('from')} />
        <TextInput {...day('to')} />
        <Checkbox
          mt={{ base: 0, md: 30 }}
          label={t('conversations:filter.flagged')}
          checked={filter.flagged ?? false}
          onChange={event => set('flagged', event.currentTarget.checked ? true : null)}
        />
      </SimpleGrid>
    </Paper>
  )
}

interface ModelFieldProps {
  value: string
  models: string[]
  onChange: (model: string) => void
}

/** A model's name: of those that the course allows, or written, where it allows all. In force when it is left. */
function ModelField({ value, models, onChange }: ModelFieldProps) {
  const { t } = useTranslation()
  const send = (model: string) => model.trim() !== value && onChange(model.trim())
  return (
    <Autocomplete
      label={t('conversations:filter.model')}
      placeholder={t('conversations:filter.any')}
      clearable
      data={models}
      defaultValue={value}
      onOptionSubmit={onChange}
      onClear={() => onChange('')}
      onBlur={event => send(event.currentTarget.value)}
      onKeyDown={event => event.key === 'Enter' && send(event.currentTarget.value)}
    />
  )
}

/** The stretches of the course's time, each once. */
function useWeekChoices(): { value: string; label: string }[] {
  const textOf = useWeekText()
  const numbers = weeksOf(useCourse()).map(({ week }) => week)
  return [...new Set([...numbers, BEFORE, AFTER])].map(week => ({ value: String(week), label: textOf(week) }))
}
