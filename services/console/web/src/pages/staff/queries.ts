import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api, ask } from '../../api/client.ts'

/** Everybody of the staff, page by page; for admins. */
export const staffQuery = infiniteQueryOptions({
  queryKey: ['staff'],
  queryFn: ({ pageParam }) => ask(api.GET('/api/staff', { params: { query: { limit: 200, ...pageParam } } })),
  initialPageParam: {} as { cursor?: string },
  getNextPageParam: ({ next }) => (next ? { cursor: next } : undefined),
})

/** Who owns and who assists in a course. */
export const courseStaffQuery = (course: string) =>
  queryOptions({
    queryKey: ['course', course, 'staff'],
    queryFn: () => ask(api.GET('/api/courses/{course}/staff', { params: { path: { course } } })),
  })
