import { NumberInput, Switch } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useTranslation } from 'react-i18next'
import type { Course } from '../../api/types.ts'
import { useCourse } from '../../app/course.ts'
import { Section } from './section.tsx'

/** Half a year: until after the exams of most terms. */
const USUAL_DAYS = 180

const fromCourse = ({ retentionDays = null }: Course) => ({
  limited: retentionDays !== null,
  retentionDays: (retentionDays ?? USUAL_DAYS) as number | string,
})

/** How long conversations are kept. */
export function KeepingSection() {
  const { t } = useTranslation()
  const course = useCourse()
  const form = useForm({
    initialValues: fromCourse(course),
    validate: { retentionDays: value => (value === '' ? t('settings:missingNumber') : null) },
  })
  return (
    <Section
      title={t('settings:keeping.title')}
      about={t('settings:keeping.about')}
      form={form}
      toPatch={({ limited, retentionDays }) => ({ retentionDays: limited ? Number(retentionDays) : null })}
      fromCourse={fromCourse}
    >
      <Switch
        label={t('settings:keeping.limited')}
        {...form.getInputProps('limited', { type: 'checkbox' })}
      />
      {form.values.limited && (
        <NumberInput
          label={t('settings:keeping.days')}
          description={t('settings:keeping.daysAbout')}
          min={1}
          max={3650}
          allowDecimal={false}
          w={{ base: '100%', sm: 260 }}
          {...form.getInputProps('retentionDays')}
        />
      )}
    </Section>
  )
}
