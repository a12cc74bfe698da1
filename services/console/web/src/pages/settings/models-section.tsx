import { Text, Title } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useTranslation } from 'react-i18next'
import type { Course } from '../../api/types.ts'
import { useCourse } from '../../app/course.ts'
import { AllowedModels } from './allowed-models.tsx'
import { FactorRows } from './factor-rows.tsx'
import { faultsOfFactors, fromFactors, toFactors } from './factors.ts'
import { Section } from './section.tsx'

/** Weights are kept in thousandths. */
const UNIT = 1000

const fromCourse = ({ models, modelWeights }: Course) => ({ models, factors: toFactors(modelWeights, UNIT) })

/** Which models the course may use, and what their tokens count. */
export function ModelsSection() {
  const { t } = useTranslation()
  const course = useCourse()
  const form = useForm({
    initialValues: fromCourse(course),
    validate: ({ factors }) =>
      Object.fromEntries(
        [...faultsOfFactors(factors)].map(([row, fault]) => [`row.${row}`, t(`settings:models.${fault}`)]),
      ),
  })
  const { models, factors } = form.values
  return (
    <Section
      title={t('settings:models.title')}
      about={t('settings:models.about')}
      form={form}
      toPatch={values => ({ models: values.models, modelWeights: fromFactors(values.factors, UNIT, 1) })}
      fromCourse={fromCourse}
    >
      <AllowedModels {...form.getInputProps('models')} value={models} />
      <div>
        <Title order={3} size="h5">
          {t('settings:models.factors')}
        </Title>
        <Text size="sm" c="dimmed">
          {t('settings:models.factorsAbout')}
        </Text>
      </div>
      <FactorRows
        factors={factors}
        errors={form.errors}
        change={next => form.setFieldValue('factors', next)}
        suggestion={models.find(name => !factors.some(({ model }) => model === name)) ?? ''}
        fresh={1}
      />
    </Section>
  )
}
