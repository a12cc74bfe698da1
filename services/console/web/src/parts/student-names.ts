import { useQueries } from '@tanstack/react-query'
import { api, ask } from '../api/client.ts'

/** Names change rarely. */
const STALE_MS = 600_000

/** Names of students by their ids, each asked for once; until it is there, and for who is unknown, the id itself. */
export function useStudentNames(ids: readonly string[]): (id: string) => string {
  const names = useQueries({
    queries: [...new Set(ids)].map(student => ({
      queryKey: ['student-name', student],
      queryFn: async () => {
        const { name } = await ask(api.GET('/api/students/{student}', { params: { path: { student } } }))
        return { id: student, name }
      },
      staleTime: STALE_MS,
    })),
    combine: found => new Map(found.flatMap(({ data }) => (data ? [[data.id, data.name] as const] : []))),
  })
  return id => names.get(id) || id
}
