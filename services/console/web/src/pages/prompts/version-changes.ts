import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../../api/client.ts'
import type { Body, PromptVersion } from '../../api/types.ts'
import { useCourse } from '../../app/course.ts'
import { useFormat } from '../../app/format.ts'
import { showDone, showProblem } from '../../parts/notices.ts'
import { versionsQuery } from './versions.ts'

/** Publishes a version, takes an earlier one up again as a new one, and takes one back that is not in force yet; then `done`. */
export function useVersionChanges(done: () => unknown) {
  const { t } = useTranslation()
  const { id: course, timezone } = useCourse()
  const format = useFormat()
  const queries = useQueryClient()
  const after = (text: (changed: PromptVersion) => string) => ({
    onSuccess: async (changed: PromptVersion) => {
      await queries.invalidateQueries({ queryKey: versionsQuery(course).queryKey })
      showDone(text(changed))
      await done()
    },
  })
  const published = after(({ version, publishAt }) =>
    publishAt
      ? t('prompts:publishedFor', { version, time: format.time(publishAt, timezone), timezone })
      : t('prompts:published', { version }),
  )
  const publish = useMutation({
    mutationFn: (body: Body<'/api/courses/{course}/prompts', 'post'>) =>
      ask(api.POST('/api/courses/{course}/prompts', { params: { path: { course } }, body })),
    ...published,
  })
  const restore = useMutation({
    mutationFn: (version: number) =>
      ask(
        api.POST('/api/courses/{course}/prompts/{version}/restore', {
          params: { path: { course, version } },
          body: {},
        }),
      ),
    onError: showProblem,
    ...published,
  })
  const withdraw = useMutation({
    mutationFn: (version: number) =>
      ask(api.DELETE('/api/courses/{course}/prompts/{version}', { params: { path: { course, version } } })),
    onError: showProblem,
    ...after(({ version }) => t('prompts:takeBack.done', { version })),
  })
  return { publish, restore, withdraw }
}
