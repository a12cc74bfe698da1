import { queryOptions, useSuspenseQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { api, ask } from '../api/client.ts'
import type { Course } from '../api/types.ts'

export const courseQuery = (course: string) =>
  queryOptions({
    queryKey: ['course', course],
    queryFn: () => ask(api.GET('/api/courses/{course}', { params: { path: { course } } })),
  })

/** The course of the address, on pages under `/courses/$course`; its frame has loaded it. */
export function useCourse(): Course {
  const { course } = useParams({ from: '/staff/courses/$course' })
  return useSuspenseQuery(courseQuery(course)).data
}
