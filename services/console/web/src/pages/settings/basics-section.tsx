import { TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useTranslation } from 'react-i18next'
import type { Course } from '../../api/types.ts'
import { useCourse } from '../../app/course.ts'
import { Section } from './section.tsx'

const fromCourse = ({ name }: Course) => ({ name })

export function BasicsSection() {
  const { t } = useTranslation()
  const course = useCourse()
  const form = useForm({
    initialValues: fromCourse(course),
    validate: { name: value => (value.trim() ? null : t('settings:basics.noName')) },
  })
  return (
    <Section
      title={t('settings:basics.title')}
      about={t('settings:basics.about', { id: course.id })}
      form={form}
      toPatch={({ name }) => ({ name: name.trim() })}
      fromCourse={fromCourse}
    >
      <TextInput label={t('settings:basics.name')} maxLength={200} {...form.getInputProps('name')} />
    </Section>
  )
}
