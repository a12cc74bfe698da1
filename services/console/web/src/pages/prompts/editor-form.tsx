import { Button, Group, Input, Stack, Tabs, Text, Textarea } from '@mantine/core'
import { isNotEmpty, useForm } from '@mantine/form'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../../api/client.ts'
import type { PromptVersion } from '../../api/types.ts'
import { useCourse } from '../../app/course.ts'
import { useFormat } from '../../app/format.ts'
import { ButtonLink } from '../../parts/links.tsx'
import { showDone } from '../../parts/notices.ts'
import { ProblemAlert } from '../../parts/problem-alert.tsx'
import { TextDiff } from '../../parts/text-diff.tsx'
import { WeekRange, type Weeks } from '../../parts/week-range.tsx'
import { versionsQuery } from './versions.ts'

/** The bound of the API, in characters. */
const LONGEST_TEXT = 200_000

/** Writes a version and publishes it. `base`: the version that it begins with. */
export function EditorForm({ base, weeks }: { base: PromptVersion | undefined; weeks: Weeks }) {
  const { t } = useTranslation()
  const course = useCourse()
  const form = useForm({
    initialValues: { text: base?.text ?? '', weeks },
    validate: {
      text: isNotEmpty(t('prompts:editor.empty')),
      weeks: ({ fromWeek, toWeek }) => (fromWeek <= toWeek ? null : t('app:weeks.order')),
    },
  })
  const publish = usePublish(course.id)
  const { text } = form.values
  return (
    <form onSubmit={form.onSubmit(values => publish.mutate(values))} noValidate>
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
        <Group>
          <Button type="submit" loading={publish.isPending}>
            {t('prompts:editor.publish')}
          </Button>
          <ButtonLink to="/courses/$course/prompts" params={{ course: course.id }} variant="subtle">
            {t('app:cancel')}
          </ButtonLink>
        </Group>
      </Stack>
    </form>
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

function usePublish(course: string) {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const navigate = useNavigate()
  return useMutation({
    mutationFn: ({ text, weeks }: { text: string; weeks: Weeks }) =>
      ask(
        api.POST('/api/courses/{course}/prompts', {
          params: { path: { course } },
          body: { text, fromWeek: weeks.fromWeek, toWeek: weeks.toWeek },
        }),
      ),
    onSuccess: async ({ version }) => {
      await queries.invalidateQueries({ queryKey: versionsQuery(course).queryKey })
      showDone(t('prompts:editor.published', { version }))
      await navigate({ to: '/courses/$course/prompts', params: { course } })
    },
  })
}
