import { TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useTranslation } from 'react-i18next'
import type { Course } from '../../api/types.ts'
import { useCourse } from '../../app/course.ts'
import { FactorRows } from './factor-rows.tsx'
import { faultsOfFactors, fromFactors, toFactors } from './factors.ts'
import { Section } from './section.tsx'

const fromCourse = ({ modelPrices = {}, currency = 'USD' }: Course) => ({
  factors: toFactors(modelPrices, 1),
  currency,
})

/** What the models' providers take, so that the staff see what a week costs. */
export function PricesSection() {
  const { t } = useTranslation()
  const course = useCourse()
  const form = useForm({
    initialValues: fromCourse(course),
    validate: ({ factors, currency }) => ({
      ...(!/^[A-Z]{3}$/.test(currency) && { currency: t('settings:prices.wrongCurrency') }),
      ...Object.fromEntries(
        [...faultsOfFactors(factors)].map(([row, fault]) => [`row.${row}`, t(`settings:models.${fault}`)]),
      ),
    }),
  })
  const { factors } = form.values
  const named = [...course.models, ...Object.keys(course.modelWeights)]
  return (
    <Section
      title={t('settings:prices.title')}
      about={t('settings:prices.about')}
      form={form}
      toPatch={({ factors: rows, currency }) => ({ modelPrices: fromFactors(rows, 1, 0), currency })}
      fromCourse={fromCourse}
    >
      <TextInput
        label={t('settings:prices.currency')}
        description={t('settings:prices.currencyAbout')}
        maxLength={3}
        w={160}
        {...form.getInputProps('currency')}
        onChange={event => form.setFieldValue('currency', event.currentTarget.value.toUpperCase())}
      />
      <FactorRows
        factors={factors}
        errors={form.errors}
        change={next => form.setFieldValue('factors', next)}
        suggestion={named.find(name => !factors.some(({ model }) => model === name)) ?? ''}
        fresh={0}
      />
    </Section>
  )
}
