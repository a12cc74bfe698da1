import { Group, Input, NumberInput, Select, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useTranslation } from 'react-i18next'
import type { Course } from '../../api/types.ts'
import { dayIn, keptBreaks, shiftBreaks, toggleBreak, weeksOf } from '../../app/calendar.ts'
import { useNow } from '../../app/clock.ts'
import { useCourse } from '../../app/course.ts'
import { useFormat } from '../../app/format.ts'
import { TIMEZONES } from '../../app/timezones.ts'
import { WeekStrip } from '../../parts/week-strip.tsx'
import { Section } from './section.tsx'

const fromCourse = ({ timezone, startsOn, weeks, breaks }: Course) => ({ timezone, startsOn, weeks, breaks })

/** When the course runs: its first day, its weeks, and those in which it rests, chosen on the strip. */
export function CalendarSection() {
  const { t } = useTranslation()
  const course = useCourse()
  const nowMs = useNow()
  const form = useForm({
    initialValues: fromCourse(course),
    validate: {
      startsOn: value =>
        weeksOf({ startsOn: value, weeks: 1, breaks: [] }).length ? null : t('settings:calendar.noDay'),
      weeks: value => (value >= 1 && value <= 104 ? null : t('settings:calendar.weeksRange')),
    },
  })
  const { startsOn, breaks, timezone } = form.values
  const shown = weeksOf(form.values)
  const moveTo = (day: string) => {
    const valid = weeksOf({ ...form.values, startsOn: day }).length > 0
    form.setValues({
      startsOn: day,
      ...(valid && startsOn && { breaks: shiftBreaks(breaks, startsOn, day) }),
    })
  }
  const setWeeks = (value: number | string) => {
    const count = Number(value)
    form.setValues({ weeks: count, breaks: keptBreaks({ startsOn, weeks: count, breaks }) })
  }
  return (
    <Section
      title={t('settings:calendar.title')}
      about={t('settings:calendar.about')}
      form={form}
      toPatch={values => values}
      fromCourse={fromCourse}
    >
      <Group align="flex-start">
        <TextInput
          label={t('settings:calendar.startsOn')}
          type="date"
          {...form.getInputProps('startsOn')}
          onChange={event => moveTo(event.currentTarget.value)}
        />
        <NumberInput
          label={t('settings:calendar.weeks')}
          min={1}
          max={104}
          w={130}
          {...form.getInputProps('weeks')}
          onChange={setWeeks}
        />
        <Select
          label={t('settings:calendar.timezone')}
          data={TIMEZONES}
          searchable
          allowDeselect={false}
          {...form.getInputProps('timezone')}
        />
      </Group>
      <Input.Wrapper
        label={t('settings:calendar.strip')}
        description={t('settings:calendar.stripAbout')}
        error={form.errors.breaks}
        labelElement="div"
      >
        <WeekStrip
          weeks={shown}
          today={dayIn(timezone, nowMs)}
          label={t('settings:calendar.strip')}
          onChoose={week => form.setFieldValue('breaks', toggleBreak(form.values, week.startsOn))}
          isChosen={({ number }) => number === null}
          isFixed={week => week.startsOn === startsOn}
        />
      </Input.Wrapper>
      <LastDay day={shown.at(-1)?.endsOn} />
    </Section>
  )
}

function LastDay({ day }: { day: string | undefined }) {
  const { t } = useTranslation()
  const format = useFormat()
  return day ? (
    <Text size="sm" c="dimmed">
      {t('settings:calendar.lastDay', { day: format.day(day) })}
    </Text>
  ) : null
}
