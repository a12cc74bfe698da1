import { Button, Group, Input, Modal, Radio, Stack, Textarea, TextInput } from '@mantine/core'
import { isNotEmpty, useForm } from '@mantine/form'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../../api/client.ts'
import { faultsOf, Problem } from '../../api/problem.ts'
import type { Rule } from '../../api/types.ts'
import { useCourse } from '../../app/course.ts'
import { useFocusBack } from '../../parts/focus-back.ts'
import { showDone } from '../../parts/notices.ts'
import { ProblemAlert } from '../../parts/problem-alert.tsx'
import { faultText } from '../../parts/problem-text.ts'
import { useUnsaved } from '../../parts/unsaved.tsx'
import { ALWAYS, WeekRange } from '../../parts/week-range.tsx'
import { rulesQuery } from './rules.ts'

const EMPTY = { kind: 'guide' as Rule['kind'], pattern: '', message: '', weeks: ALWAYS }

/** Adds a rule; it is in force within a second. */
export function NewRule({ close }: { close: () => void }) {
  const { t } = useTranslation()
  useFocusBack()
  const { id: course, weeks: last } = useCourse()
  const form = useForm({
    initialValues: EMPTY,
    validate: {
      pattern: isNotEmpty(t('rules:new.patternMissing')),
      message: isNotEmpty(t('rules:new.messageMissing')),
      weeks: ({ fromWeek, toWeek }) => (fromWeek <= toWeek ? null : t('app:weeks.order')),
    },
  })
  const queries = useQueryClient()
  const add = useMutation({
    mutationFn: ({ weeks, ...rule }: typeof EMPTY) =>
      ask(
        api.POST('/api/courses/{course}/rules', {
          params: { path: { course } },
          body: { ...rule, ...weeks },
        }),
      ),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: rulesQuery(course).queryKey })
      showDone(t('rules:new.added'))
      close()
    },
    onError: error => {
      if (!(error instanceof Problem)) return
      for (const fault of faultsOf(error)) {
        if (fault.place in EMPTY) form.setFieldError(fault.place, faultText(fault))
      }
    },
  })
  const { kind, weeks } = form.values
  const { question, leave } = useUnsaved(form.isDirty(), t('app:unsaved.text'))
  const cancel = () => leave(close)
  return (
    <Modal opened onClose={cancel} title={t('rules:new.title')} size="lg">
      <form onSubmit={form.onSubmit(values => add.mutate(values))} noValidate>
        <Stack>
          <ProblemAlert error={add.error} />
          <Radio.Group label={t('rules:new.kind')} {...form.getInputProps('kind')}>
            <Stack gap="xs" mt="xs">
              {(['guide', 'block'] as const).map(value => (
                <Radio
                  key={value}
                  value={value}
                  label={t(`rules:kind.${value}`)}
                  description={t(`rules:kindAbout.${value}`)}
                />
              ))}
            </Stack>
          </Radio.Group>
          <TextInput
            label={t('rules:new.pattern')}
            description={t('rules:new.patternAbout')}
            maxLength={1000}
            {...form.getInputProps('pattern')}
          />
          <Textarea
            label={t(`rules:new.message.${kind}`)}
            autosize
            minRows={3}
            maxLength={10_000}
            {...form.getInputProps('message')}
          />
          <Input.Wrapper label={t('app:weeks.label')} labelElement="div">
            <WeekRange
              value={weeks}
              onChange={value => form.setFieldValue('weeks', value)}
              last={last}
              error={form.errors.weeks ? String(form.errors.weeks) : null}
            />
          </Input.Wrapper>
          <Group>
            <Button type="submit" loading={add.isPending}>
              {t('rules:new.submit')}
            </Button>
            <Button variant="subtle" onClick={cancel}>
              {t('app:cancel')}
            </Button>
          </Group>
        </Stack>
      </form>
      {question}
    </Modal>
  )
}
