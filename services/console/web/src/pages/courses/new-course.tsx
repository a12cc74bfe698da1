import { Button, Group, NumberInput, Paper, Select, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../../api/client.ts'
import { Problem } from '../../api/problem.ts'
import type { NewCourse as CourseInput } from '../../api/types.ts'
import { dayIn } from '../../app/calendar.ts'
import { ownTimezone, TIMEZONES } from '../../app/timezones.ts'
import { ButtonLink } from '../../parts/links.tsx'
import { Page } from '../../parts/page.tsx'
import { ProblemAlert } from '../../parts/problem-alert.tsx'
import { useUnsaved } from '../../parts/unsaved.tsx'
import { courseIdOf, isCourseId, nextMonday } from './course-id.ts'

const WEEKS = 15
const WEEKLY_TOKENS = 100_000
const LONGEST_ANSWER_TOKENS = 1024

/** What a course cannot do without; everything else has its usual value, and is in the settings. */
export function NewCourse() {
  const { t } = useTranslation()
  return (
    <Page title={t('courses:new.title')} about={t('courses:new.about')} narrow>
      <Paper withBorder p={{ base: 'md', sm: 'lg' }}>
        <NewCourseForm />
      </Paper>
    </Page>
  )
}

function NewCourseForm() {
  const { t } = useTranslation()
  const form = useNewCourse()
  const create = useCreate(id => form.setFieldError('id', t('courses:new.taken', { id })))
  const { question } = useUnsaved(form.isDirty(), t('app:unsaved.text'))
  const naming = (name: string) => {
    const follows = form.values.id === courseIdOf(form.values.name)
    form.setValues({ name, ...(follows && { id: courseIdOf(name) }) })
  }
  return (
    <form onSubmit={form.onSubmit(values => create.mutate(toInput(values)))} noValidate>
      <Stack>
        <ProblemAlert error={create.error} />
        <TextInput
          label={t('courses:new.name')}
          autoFocus
          maxLength={200}
          {...form.getInputProps('name')}
          onChange={event => naming(event.currentTarget.value)}
        />
        <TextInput
          label={t('courses:new.id')}
          description={t('courses:new.idAbout')}
          maxLength={63}
          {...form.getInputProps('id')}
        />
        <Group align="flex-start">
          <TextInput label={t('courses:new.startsOn')} type="date" {...form.getInputProps('startsOn')} />
          <NumberInput
            label={t('courses:new.weeks')}
            min={1}
            max={104}
            w={130}
            {...form.getInputProps('weeks')}
          />
          <Select
            label={t('courses:new.timezone')}
            data={TIMEZONES}
            searchable
            allowDeselect={false}
            {...form.getInputProps('timezone')}
          />
        </Group>
        <NumberInput
          label={t('courses:new.weeklyTokens')}
          description={t('courses:new.weeklyTokensAbout')}
          min={0}
          max={1e12}
          allowDecimal={false}
          thousandSeparator
          {...form.getInputProps('weeklyTokens')}
        />
        <Group>
          <Button type="submit" loading={create.isPending}>
            {t('courses:new.submit')}
          </Button>
          <ButtonLink to="/courses" variant="subtle">
            {t('app:cancel')}
          </ButtonLink>
        </Group>
      </Stack>
      {question}
    </form>
  )
}

function useNewCourse() {
  const { t } = useTranslation()
  const timezone = ownTimezone()
  return useForm({
    initialValues: {
      name: '',
      id: '',
      timezone,
      startsOn: nextMonday(dayIn(timezone, Date.now())),
      weeks: WEEKS as number | string,
      weeklyTokens: WEEKLY_TOKENS as number | string,
    },
    validate: {
      name: value => (value.trim() ? null : t('courses:new.noName')),
      id: value => (isCourseId(value) ? null : t('courses:new.wrongId')),
      startsOn: value => (value ? null : t('courses:new.noDay')),
      weeks: value => (value === '' ? t('courses:new.noNumber') : null),
      weeklyTokens: value => (value === '' ? t('courses:new.noNumber') : null),
    },
  })
}

function toInput({
  weeks,
  weeklyTokens,
  name,
  ...rest
}: ReturnType<typeof useNewCourse>['values']): CourseInput {
  return {
    ...rest,
    name: name.trim(),
    weeks: Number(weeks),
    weeklyTokens: Number(weeklyTokens),
    defaultMaxTokens: LONGEST_ANSWER_TOKENS,
    models: [],
  }
}

function useCreate(taken: (id: string) => void) {
  const queries = useQueryClient()
  const navigate = useNavigate()
  return useMutation({
    mutationFn: (body: CourseInput) => ask(api.POST('/api/courses', { body })),
    onSuccess: async ({ id }) => {
      await queries.invalidateQueries({ queryKey: ['courses'] })
      await navigate({ to: '/courses/$course/students', params: { course: id }, ignoreBlocker: true })
    },
    onError: (error, { id }) => {
      if (error instanceof Problem && error.code === 'conflict') taken(id)
    },
  })
}
