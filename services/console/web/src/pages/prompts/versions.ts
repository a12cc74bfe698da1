import { queryOptions } from '@tanstack/react-query'
import { allPages } from '../../api/all-pages.ts'
import { api, ask } from '../../api/client.ts'

/** All versions of a course's prompt, newest first: there are tens of them, and the strip needs every one. */
export const versionsQuery = (course: string) =>
  queryOptions({
    queryKey: ['prompts', course],
    queryFn: () =>
      allPages(query =>
        ask(
          api.GET('/api/courses/{course}/prompts', {
            params: { path: { course }, query: { limit: 100, ...query } },
          }),
        ),
      ),
  })
