import { NumberInput, Radio, Stack, Switch } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useTranslation } from 'react-i18next'
import type { Course } from '../../api/types.ts'
import { useCourse } from '../../app/course.ts'
import { Section } from './section.tsx'

const fromCourse = ({ ownKeys = false, answerCache = 'off', answerCacheMinutes = 60 }: Course) => ({
  ownKeys,
  answerCache,
  answerCacheMinutes: answerCacheMinutes as number | string,
})

/** Keys of the students' own, and answers that are given again. */
export function AnswersSection() {
  const { t } = useTranslation()
  const course = useCourse()
  const form = useForm({
    initialValues: fromCourse(course),
    validate: { answerCacheMinutes: value => (value === '' ? t('settings:missingNumber') : null) },
  })
  return (
    <Section
      title={t('settings:answers.title')}
      about={t('settings:answers.about')}
      form={form}
      toPatch={values => ({ ...values, answerCacheMinutes: Number(values.answerCacheMinutes) })}
      fromCourse={fromCourse}
    >
      <Switch
        label={t('settings:answers.ownKeys')}
        description={t('settings:answers.ownKeysAbout')}
        {...form.getInputProps('ownKeys', { type: 'checkbox' })}
      />
      <Radio.Group label={t('settings:answers.cache')} {...form.getInputProps('answerCache')}>
        <Stack gap="xs" mt="xs">
          {(['off', 'free', 'charged'] as const).map(way => (
            <Radio key={way} value={way} label={t(`settings:answers.${way}`)} />
          ))}
        </Stack>
      </Radio.Group>
      {form.values.answerCache !== 'off' && (
        <NumberInput
          label={t('settings:answers.minutes')}
          min={1}
          max={10_080}
          w={220}
          {...form.getInputProps('answerCacheMinutes')}
        />
      )}
    </Section>
  )
}
