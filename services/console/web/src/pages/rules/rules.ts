import { queryOptions } from '@tanstack/react-query'
import { allPages } from '../../api/all-pages.ts'
import { api, ask } from '../../api/client.ts'

/** All rules of a course: there are a hundred at most. */
export const rulesQuery = (course: string) =>
  queryOptions({
    queryKey: ['rules', course],
    queryFn: () =>
      allPages(query =>
        ask(
          api.GET('/api/courses/{course}/rules', {
            params: { path: { course }, query: { limit: 100, ...query } },
          }),
        ),
      ),
  })
