import { Button, Group, Input, Stack, Tabs, Text, Textarea } from '@mantine/core'
import { isNotEmpty, useForm } from '@mantine/form'
import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { PromptVersion } from '../../api/types.ts'
import { instantIn } from '../../app/calendar.ts'
import { useCourse } from '../../app/course.ts'
import { useFormat } from '../../app/format.ts'
import { ButtonLink } from '../../parts/links.tsx'
import { ProblemAlert } from '../../parts/problem-alert.tsx'
import { TextDiff } from '../../parts/text-diff.tsx'
import { useUnsaved } from '../../parts/unsaved.tsx'
import { WeekRange, type Weeks } from '../../parts/week-range.tsx'
import classes from './editor-form.module.css'
import { PublishTime } from './publish-time.tsx'
import { TryPanel } from './try-panel.tsx'
import { useVersionChanges } from './version-changes.ts'

/** The bound of the API, in characters. */
const LONGEST_TEXT = 200_000

/** Writes a version and publishes it. `base`: the version that it begins with. */
export function EditorForm({ base, weeks }: { base: PromptVersion | undefined; weeks: Weeks }) {
  const { t } = useTranslation()
  const course = useCourse()
  const form = useForm({
    initialValues: { text: base?.text ?? '', weeks, at: null as string | null },
    validate: {
      text: isNotEmpty(t('prompts:editor.empty')),
      weeks: ({ fromWeek, toWeek }) => (fromWeek <= toWeek ? null : t('app:weeks.order')),
      at: value => {
        if (value === null) return null
        if (value === '') return t('prompts:when.missing')
        return Date.parse(instantIn(course.timezone, value)) > Date.now() ? null : t('prompts:when.past')
      },
    },
  })
  const navigate = useNavigate()
  const { publish } = useVersionChanges(() =>
    navigate({ to: '/courses/$course/prompts', params: { course: course.id }, ignoreBlocker: true }),
  )
  const { question } = useUnsaved(form.isDirty(), t('app:unsaved.text'))
  const { text, at } = form.values
  const send = () => {
    const publishAt = at === null ? {} : { publishAt: instantIn(course.timezone, at) }
    publish.mutate({ text, ...form.values.weeks, ...publishAt })
  }
  return (
    <div className={classes.columns}>
      <form onSubmit={form.onSubmit(send)} noValidate>
        <Stack>
          <ProblemAlert error={publish.error} />
          <Tabs defaultValue="text" keepMounted={false}>
            {base && (
              <Tabs.List>
                <Tabs.Tab value="text">{t('prompts:editor.write')}</Tabs.Tab>
                <Tabs.Tab value="changes">{t('prompts:editor.changes', { version: base.version })}</Tabs.Tab>
              </Tabs.List>
            )}
            <Tabs.Panel value="text" pt="md">
              <Textarea
                label={t('prompts:editor.text')}
                description={t('prompts:editor.textAbout')}
                autosize
                minRows={10}
                maxRows={30}
                maxLength={LONGEST_TEXT}
                {...form.getInputProps('text')}
              />
            </Tabs.Panel>
            {base && (
              <Tabs.Panel value="changes" pt="md">
                <TextDiff before={base.text} after={text} />
              </Tabs.Panel>
            )}
          </Tabs>
          <Length text={text} />
          <Input.Wrapper
            label={t('app:weeks.label')}
            description={t('prompts:editor.weeksAbout')}
            labelElement="div"
          >
            <WeekRange
              value={form.values.weeks}
              onChange={value => form.setFieldValue('weeks', value)}
              last={course.weeks}
              error={form.errors.weeks ? String(form.errors.weeks) : null}
            />
          </Input.Wrapper>
          <PublishTime
            value={at}
            onChange={value => form.setFieldValue('at', value)}
            error={form.errors.at}
          />
          <Group>
            <Button type="submit" loading={publish.isPending}>
              {at === null ? t('prompts:editor.publish') : t('prompts:editor.publishLater')}
            </Button>
            <ButtonLink to="/courses/$course/prompts" params={{ course: course.id }} variant="subtle">
              {t('app:cancel')}
            </ButtonLink>
          </Group>
        </Stack>
      </form>
      <TryPanel text={text} weeks={form.values.weeks} />
      {question}
    </div>
  )
}

function Length({ text }: { text: string }) {
  const { t } = useTranslation()
  const format = useFormat()
  return (
    <Text size="sm" c="dimmed">
      {t('prompts:editor.length', { characters: format.number(text.length) })}
    </Text>
  )
}
