import { Select } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../../api/client.ts'
import { useCourse } from '../../app/course.ts'
import { useStudentNames } from '../../parts/student-names.ts'

const SHOWN = 20
/** Long enough that not each letter asks. */
const PAUSE_MS = 250

interface StudentPickerProps {
  value: string | undefined
  onChange: (student: string | null) => void
}

/** One student of the course, found by name, e-mail or id: a roster may have thousands. */
export function StudentPicker({ value, onChange }: StudentPickerProps) {
  const { t } = useTranslation()
  const { id: course } = useCourse()
  const nameOf = useStudentNames(value ? [value] : [])
  const [typed, setTyped] = useState('')
  const [asked] = useDebouncedValue(typed.trim(), PAUSE_MS)
  const chosen = value ? [{ value, label: nameOf(value) }] : []
  // What stands in the field after a choice is its name, not a question.
  const q = asked === chosen[0]?.label ? '' : asked
  const { data } = useQuery({
    queryKey: ['students', course, 'found', q],
    queryFn: () => {
      const query = { limit: SHOWN, ...(q && { q }) }
      return ask(api.GET('/api/courses/{course}/students', { params: { path: { course }, query } }))
    },
    placeholderData: keepPreviousData,
  })
  const found = (data?.items ?? []).filter(({ id }) => id !== value)
  return (
    <Select
      label={t('conversations:filter.student')}
      placeholder={t('conversations:filter.any')}
      searchable
      clearable
      nothingFoundMessage={t('conversations:filter.noStudent')}
      data={[...chosen, ...found.map(({ id, name }) => ({ value: id, label: name || id }))]}
      filter={({ options }) => options}
      value={value ?? null}
      onChange={onChange}
      onSearchChange={setTyped}
    />
  )
}
