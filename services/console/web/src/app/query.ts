import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query'
import { Problem } from '../api/problem.ts'

/** What a service that is away may need to come back; the page shows its last data meanwhile. */
const STALE_MS = 15_000
const TRIES = 2

/** Asks again only where that can help: not for what was refused. */
function worthAnotherTry(failures: number, error: Error): boolean {
  return failures < TRIES && !(error instanceof Problem && error.status < 500)
}

/** Signed out meanwhile: the frame around the page sees it in the session, and asks to sign in. */
function noticeSignedOut(error: Error): void {
  if (error instanceof Problem && error.code === 'unauthorized') {
    void queryClient.invalidateQueries({ queryKey: ['session'] })
  }
}

export const queryClient: QueryClient = new QueryClient({
  defaultOptions: { queries: { staleTime: STALE_MS, retry: worthAnotherTry } },
  queryCache: new QueryCache({ onError: noticeSignedOut }),
  mutationCache: new MutationCache({ onError: noticeSignedOut }),
})
