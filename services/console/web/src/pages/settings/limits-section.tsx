import { NumberInput, SimpleGrid } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useTranslation } from 'react-i18next'
import type { Course } from '../../api/types.ts'
import { useCourse } from '../../app/course.ts'
import { Section } from './section.tsx'

/** The limits of requests, each with whether it may be left empty, which means that there is none. */
const LIMITS = {
  defaultMaxTokens: { max: 10_000_000, optional: false },
  requestsPerMinute: { max: 100_000, optional: false },
  parallelRequests: { max: 10_000, optional: false },
  tokensPerMinute: { max: 1_000_000_000, optional: true },
  courseParallelRequests: { max: 100_000, optional: true },
}
type Limit = keyof typeof LIMITS
type Values = Record<Limit, number | string>
const NAMES = Object.keys(LIMITS) as Limit[]

const fromCourse = (course: Course) =>
  Object.fromEntries(NAMES.map(name => [name, course[name] ?? ''])) as Values
const toPatch = (values: Values) =>
  Object.fromEntries(NAMES.map(name => [name, values[name] === '' ? null : Number(values[name])]))

/** How fast and how much at once. */
export function LimitsSection() {
  const { t } = useTranslation()
  const course = useCourse()
  const form = useForm<Values>({
    initialValues: fromCourse(course),
    validate: values =>
      Object.fromEntries(
        NAMES.filter(name => !LIMITS[name].optional && values[name] === '').map(name => [
          name,
          t('settings:missingNumber'),
        ]),
      ),
  })
  return (
    <Section
      title={t('settings:limits.title')}
      about={t('settings:limits.about')}
      form={form}
      toPatch={toPatch}
      fromCourse={fromCourse}
    >
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        {NAMES.map(name => (
          <NumberInput
            key={name}
            label={t(`settings:limits.${name}.label`)}
            description={t(`settings:limits.${name}.about`)}
            placeholder={LIMITS[name].optional ? t('settings:limits.none') : ''}
            min={1}
            max={LIMITS[name].max}
            allowDecimal={false}
            thousandSeparator
            inputWrapperOrder={['label', 'input', 'description', 'error']}
            {...form.getInputProps(name)}
          />
        ))}
      </SimpleGrid>
    </Section>
  )
}
