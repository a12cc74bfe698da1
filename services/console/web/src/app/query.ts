import { QueryCache, QueryClient } from '@tanstack/react-query'
import { Problem } from '../api/problem.ts'

/** What a service that is away may need to come back; the page shows its last data meanwhile. */
const STALE_MS = 15_000
const TRIES = 2

/** Asks again only where that can help: not for what was refused. */
function worthAnotherTry(failures: number, error: Error): boolean {
  return failures < TRIES && !(error instanceof Problem && error.status < 500)
}

export const queryClient: QueryClient = new QueryClient({
  defaultOptions: { queries: { staleTime: STALE_MS, retry: worthAnotherTry } },
  queryCache: new QueryCache({
    onError: (error, query) => {
      // Signed out meanwhile: the frame around the page notices and asks to sign in.
      if (error instanceof Problem && error.status === 401 && query.queryKey[0] !== 'session') {
        void queryClient.invalidateQueries({ queryKey: ['session'] })
      }
    },
  }),
})
