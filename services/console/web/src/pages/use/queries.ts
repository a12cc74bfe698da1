import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { api, ask } from '../../api/client.ts'

/** A week of a course; without one: the running week. What is shown stays until another week is there. */
export const useQueryOf = (course: string, week: number | undefined) =>
  queryOptions({
    queryKey: ['use', course, week ?? 'running'],
    queryFn: () => {
      const query = week === undefined ? {} : { week }
      return ask(api.GET('/api/courses/{course}/use', { params: { path: { course }, query } }))
    },
    placeholderData: keepPreviousData,
  })
