import { TagsInput, Textarea } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useTranslation } from 'react-i18next'
import type { Course } from '../../api/types.ts'
import { useCourse } from '../../app/course.ts'
import { JoinCode } from './join-code.tsx'
import { Section } from './section.tsx'

const fromCourse = ({ joinDomains = [], consentText = null }: Course) => ({
  joinDomains,
  consentText: consentText ?? '',
})

/** How students come in on their own, and what they must agree to. */
export function JoiningSection() {
  const { t } = useTranslation()
  const course = useCourse()
  const form = useForm({ initialValues: fromCourse(course) })
  return (
    <Section
      title={t('settings:joining.title')}
      about={t('settings:joining.about')}
      form={form}
      toPatch={({ joinDomains, consentText }) => ({
        joinDomains: joinDomains.map(domain => domain.trim().toLowerCase().replace(/^@/, '')),
        consentText: consentText.trim() || null,
      })}
      fromCourse={fromCourse}
    >
      <JoinCode />
      <TagsInput
        label={t('settings:joining.domains')}
        description={t('settings:joining.domainsAbout')}
        placeholder={form.values.joinDomains.length ? '' : 'example.edu'}
        {...form.getInputProps('joinDomains')}
      />
      <Textarea
        label={t('settings:joining.consent')}
        description={t('settings:joining.consentAbout')}
        autosize
        minRows={3}
        maxRows={14}
        maxLength={20_000}
        {...form.getInputProps('consentText')}
      />
    </Section>
  )
}
