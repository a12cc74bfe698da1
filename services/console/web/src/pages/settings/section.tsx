import { Button, Fieldset, Group, Paper, Stack, Text, Title } from '@mantine/core'
import type { UseFormReturnType } from '@mantine/form'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, use, useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../../api/client.ts'
import { faultsOf, Problem } from '../../api/problem.ts'
import type { Course, CoursePatch } from '../../api/types.ts'
import { courseQuery, useCourse } from '../../app/course.ts'
import { useRights } from '../../app/session.ts'
import { courseModelsQuery } from '../../parts/course-models.ts'
import { showDone } from '../../parts/notices.ts'
import { ProblemAlert } from '../../parts/problem-alert.tsx'
import { faultText } from '../../parts/problem-text.ts'

/** Tells the page whether a part of it, by its title, is not saved. */
export const TellUnsaved = createContext<(part: string, unsaved: boolean) => void>(() => {})

interface SectionProps<Values> {
  title: string
  about: string
  form: UseFormReturnType<Values>
  toPatch: (values: Values) => CoursePatch
  /** The form's values of the course as it was saved. */
  fromCourse: (course: Course) => Values
  children: ReactNode
}

/** One part of a course's settings: it is saved by itself, and only its own fields are sent. */
export function Section<Values extends object>({
  title,
  about,
  form,
  toPatch,
  fromCourse,
  children,
}: SectionProps<Values>) {
  const { t } = useTranslation()
  const { id } = useCourse()
  const { change } = useRights(id)
  const save = useSave(id, form, fromCourse)
  const dirty = form.isDirty()
  const tell = use(TellUnsaved)
  useEffect(() => {
    tell(title, dirty)
    return () => tell(title, false)
  }, [tell, title, dirty])
  return (
    <Paper withBorder p={{ base: 'md', sm: 'lg' }} component="section">
      <form onSubmit={form.onSubmit(values => save.mutate(toPatch(values)))} noValidate>
        <Stack>
          <div>
            <Title order={2}>{title}</Title>
            <Text c="dimmed">{about}</Text>
          </div>
          <ProblemAlert error={save.error} />
          <Fieldset variant="unstyled" disabled={!change}>
            <Stack>{children}</Stack>
          </Fieldset>
          {change && (
            <Group>
              <Button type="submit" loading={save.isPending} disabled={!dirty}>
                {t('settings:save')}
              </Button>
              {dirty && (
                <Button variant="subtle" onClick={form.reset}>
                  {t('settings:undo')}
                </Button>
              )}
            </Group>
          )}
        </Stack>
      </form>
    </Paper>
  )
}

function useSave<Values extends object>(
  course: string,
  form: UseFormReturnType<Values>,
  fromCourse: (course: Course) => Values,
) {
  const { t } = useTranslation()
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (patch: CoursePatch) =>
      ask(api.PATCH('/api/courses/{course}', { params: { path: { course } }, body: patch })),
    onSuccess: saved => {
      queries.setQueryData(courseQuery(course).queryKey, saved)
      void queries.invalidateQueries({ queryKey: ['courses'] })
      void queries.invalidateQueries({ queryKey: courseModelsQuery(course).queryKey })
      form.setInitialValues(fromCourse(saved))
      form.setValues(fromCourse(saved))
      showDone(t('settings:saved'))
    },
    onError: error => {
      if (!(error instanceof Problem)) return
      for (const fault of faultsOf(error)) {
        const field = fault.place.split(/[.[]/)[0] ?? ''
        if (field in form.getValues()) form.setFieldError(field, faultText(fault))
      }
    },
  })
}
