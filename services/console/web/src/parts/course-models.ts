import { queryOptions, useQuery } from '@tanstack/react-query'
import { api, ask } from '../api/client.ts'
import { useCourse } from '../app/course.ts'

/** What gateways offer, and what of it the course allows. */
export const courseModelsQuery = (course: string) =>
  queryOptions({
    queryKey: ['course', course, 'models'],
    queryFn: () => ask(api.GET('/api/courses/{course}/models', { params: { path: { course } } })),
    staleTime: 60_000,
  })

/** The names of all models that are offered, whatever the course allows; undefined: not known yet, null: nobody says. */
export function useOfferedModels(): string[] | null | undefined {
  const { id } = useCourse()
  const { data, isError } = useQuery(courseModelsQuery(id))
  if (isError) return null
  return data?.items.map(({ name }) => name)
}
