import { Button, Stack, TagsInput, Text, Title } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useId } from '@mantine/hooks'
import Plus from 'lucide-react/icons/plus'
import { useTranslation } from 'react-i18next'
import type { Course } from '../../api/types.ts'
import { useCourse } from '../../app/course.ts'
import { FactorRow } from './factor-row.tsx'
import { type Factor, faultsOfFactors, toFactors, toWeights } from './factors.ts'
import { Section } from './section.tsx'

const fromCourse = ({ models, modelWeights }: Course) => ({ models, factors: toFactors(modelWeights) })

/** Which models the course may use, and what their tokens cost. */
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
  const set = (row: string, change: Partial<Factor>) =>
    form.setFieldValue(
      'factors',
      factors.map(factor => (factor.row === row ? { ...factor, ...change } : factor)),
    )
  const rowId = useId()
  const add = () => {
    const model = models.find(name => !factors.some(factor => factor.model === name)) ?? ''
    const row = `${rowId}-${Date.now()}`
    form.setFieldValue('factors', [...factors, { row, model, input: 1, cachedInput: 1, output: 1 }])
  }
  return (
    <Section
      title={t('settings:models.title')}
      about={t('settings:models.about')}
      form={form}
      toPatch={values => ({ models: values.models, modelWeights: toWeights(values.factors) })}
      fromCourse={fromCourse}
    >
      <TagsInput
        label={t('settings:models.allowed')}
        description={t('settings:models.allowedAbout')}
        placeholder={models.length ? '' : t('settings:models.all')}
        {...form.getInputProps('models')}
      />
      <Stack gap="xs">
        <div>
          <Title order={3} size="h5">
            {t('settings:models.factors')}
          </Title>
          <Text size="sm" c="dimmed">
            {t('settings:models.factorsAbout')}
          </Text>
        </div>
        {factors.map(factor => (
          <FactorRow
            key={factor.row}
            factor={factor}
            error={form.errors[`row.${factor.row}`]}
            change={part => set(factor.row, part)}
            remove={() =>
              form.setFieldValue(
                'factors',
                factors.filter(({ row }) => row !== factor.row),
              )
            }
          />
        ))}
        <Button
          variant="default"
          leftSection={<Plus size={16} />}
          onClick={add}
          style={{ alignSelf: 'flex-start' }}
        >
          {t('settings:models.add')}
        </Button>
      </Stack>
    </Section>
  )
}
