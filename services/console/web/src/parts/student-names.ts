import { useQueries } from '@tanstack/react-query'
import DataLoader from 'dataloader'
import { api, ask } from '../api/client.ts'
import { useCourse } from '../app/course.ts'

/** Names change rarely. */
const STALE_MS = 600_000
/** Of one request: its address stays short. */
const MOST_IDS = 50

/** Asked for one by one, answered by one request; null: the course has no such student. */
const names = new DataLoader(
  async (asked: readonly { course: string; student: string }[]) => {
    const found = new Map<string, string>()
    for (const [course, wanted] of Map.groupBy(asked, ({ course }) => course)) {
      const query = { ids: wanted.map(({ student }) => student), limit: MOST_IDS }
      const params = { path: { course }, query }
      const { items } = await ask(api.GET('/api/courses/{course}/students', { params }))
      for (const { id, name } of items) found.set(id, name)
    }
    return asked.map(({ student }) => found.get(student) ?? null)
  },
  { cache: false, maxBatchSize: MOST_IDS },
)

/** Names of the course's students by their ids; until they are there, and for who is unknown, the id itself. */
export function useStudentNames(ids: readonly string[]): (id: string) => string {
  const { id: course } = useCourse()
  const known = useQueries({
    queries: [...new Set(ids)].map(student => ({
      queryKey: ['student-name', course, student],
      queryFn: async () => ({ id: student, name: await names.load({ course, student }) }),
      staleTime: STALE_MS,
    })),
    combine: found =>
      new Map(found.flatMap(({ data }) => (data?.name ? [[data.id, data.name] as const] : []))),
  })
  return id => known.get(id) || id
}
