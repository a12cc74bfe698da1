import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../../api/client.ts'
import { showDone, showProblem } from '../../parts/notices.ts'
import { studentQuery } from './queries.ts'

/** Makes, replaces and ends keys of a student; `show` gets the text of a new one, which is there only now. */
export function useKeyChanges(student: string, show: (key: string) => void) {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const after = {
    onError: showProblem,
    onSettled: () => queries.invalidateQueries({ queryKey: studentQuery(student).queryKey, exact: true }),
  }
  const create = useMutation({
    mutationFn: () => ask(api.POST('/api/students/{student}/keys', { params: { path: { student } } })),
    onSuccess: ({ key }) => show(key),
    ...after,
  })
  const rotate = useMutation({
    mutationFn: (key: string) => ask(api.POST('/api/keys/{key}/rotate', { params: { path: { key } } })),
    onSuccess: ({ key }) => show(key),
    ...after,
  })
  const revoke = useMutation({
    mutationFn: (key: string) => ask(api.DELETE('/api/keys/{key}', { params: { path: { key } } })),
    onSuccess: () => showDone(t('student:keys.revoked')),
    ...after,
  })
  return {
    create: () => create.mutate(),
    rotate: (key: string) => rotate.mutate(key),
    revoke: (key: string) => revoke.mutate(key),
    busy: create.isPending || rotate.isPending,
  }
}
