import { NumberInput, Switch } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useTranslation } from 'react-i18next'
import type { Course } from '../../api/types.ts'
import { useCourse } from '../../app/course.ts'
import { Section } from './section.tsx'

const fromCourse = ({ weeklyTokens, carryOverTokens, outsideTokens }: Course) => ({
  weeklyTokens: weeklyTokens as number | string,
  carryOverTokens: carryOverTokens as number | string,
  open: outsideTokens !== null,
  outsideTokens: (outsideTokens ?? weeklyTokens) as number | string,
})

/** How much a student may use in a week, what may be kept for the next, and what happens in breaks. */
export function BudgetSection() {
  const { t } = useTranslation()
  const course = useCourse()
  const missing = (value: number | string) => (value === '' ? t('settings:missingNumber') : null)
  const form = useForm({
    initialValues: fromCourse(course),
    validate: { weeklyTokens: missing, carryOverTokens: missing, outsideTokens: missing },
  })
  const tokens = {
    min: 0,
    max: 1e12,
    allowDecimal: false,
    thousandSeparator: true,
    maw: 420,
  }
  return (
    <Section
      title={t('settings:budget.title')}
      about={t('settings:budget.about')}
      form={form}
      toPatch={({ weeklyTokens, carryOverTokens, open, outsideTokens }) => ({
        weeklyTokens: Number(weeklyTokens),
        carryOverTokens: Number(carryOverTokens),
        outsideTokens: open ? Number(outsideTokens) : null,
      })}
      fromCourse={fromCourse}
    >
      <NumberInput
        label={t('settings:budget.weekly')}
        description={t('settings:budget.weeklyAbout')}
        {...tokens}
        {...form.getInputProps('weeklyTokens')}
      />
      <NumberInput
        label={t('settings:budget.carry')}
        description={t('settings:budget.carryAbout')}
        {...tokens}
        {...form.getInputProps('carryOverTokens')}
      />
      <Switch label={t('settings:budget.open')} {...form.getInputProps('open', { type: 'checkbox' })} />
      {form.values.open && (
        <NumberInput
          label={t('settings:budget.outside')}
          description={t('settings:budget.outsideAbout')}
          {...tokens}
          {...form.getInputProps('outsideTokens')}
        />
      )}
    </Section>
  )
}
