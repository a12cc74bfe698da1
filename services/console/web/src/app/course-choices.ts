import { queryOptions } from '@tanstack/react-query'
import { api, ask } from '../api/client.ts'
import { currentSession } from './session.ts'

const MOST = 200

/** The courses that one may go to, for the menu: an admin's are all, anybody else's are those of the session. */
export const courseChoicesQuery = queryOptions({
  queryKey: ['courses', 'choices'],
  queryFn: async () => {
    const { user } = await currentSession()
    if (!user?.isAdmin) return user?.courses ?? []
    const { items } = await ask(api.GET('/api/courses', { params: { query: { limit: MOST } } }))
    return items.map(({ id, name }) => ({ id, name }))
  },
})
