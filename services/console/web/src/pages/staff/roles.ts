import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../../api/client.ts'
import { useCourse } from '../../app/course.ts'
import { showDone, showProblem } from '../../parts/notices.ts'
import { courseStaffQuery } from './queries.ts'
import type { Role } from './role-select.tsx'

/** Gives and takes roles in the course of the page. */
export function useRoles() {
  const { t } = useTranslation()
  const { id: course } = useCourse()
  const queries = useQueryClient()
  const after = {
    onSuccess: () => showDone(t('staff:changed')),
    onError: showProblem,
    onSettled: () => queries.invalidateQueries({ queryKey: courseStaffQuery(course).queryKey }),
  }
  const put = useMutation({
    mutationFn: ({ id, role }: { id: string; role: Role }) =>
      ask(api.PUT('/api/courses/{course}/staff/{id}', { params: { path: { course, id } }, body: { role } })),
    ...after,
  })
  const remove = useMutation({
    mutationFn: (id: string) =>
      ask(api.DELETE('/api/courses/{course}/staff/{id}', { params: { path: { course, id } } })),
    ...after,
  })
  return { put, remove }
}
