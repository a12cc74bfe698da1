import { queryOptions, useSuspenseQuery } from '@tanstack/react-query'
import { createContext, use } from 'react'
import { readSession, type Session, type User } from '../api/session.ts'
import { queryClient } from './query.ts'

export const sessionQuery = queryOptions({ queryKey: ['session'], queryFn: readSession, staleTime: 60_000 })

/** Who is signed in, from memory where that is fresh. */
export const currentSession = (): Promise<Session> => queryClient.ensureQueryData(sessionQuery)

/** Somebody signed in or out: what was shown to whoever was there before is forgotten. */
export async function sessionChanged(): Promise<void> {
  await queryClient.fetchQuery({ ...sessionQuery, staleTime: 0 })
  queryClient.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionQuery.queryKey[0] })
}

export function useSession(): Session {
  return useSuspenseQuery(sessionQuery).data
}

/** Who is signed in, for what stands in the shell: it is given from above, so that nothing is drawn for nobody. */
export const UserContext = createContext<User | null>(null)

/** The signed-in user, on pages that only those see. */
export function useUser(): User {
  const user = use(UserContext)
  if (!user) throw new Error('this page is for those who are signed in')
  return user
}

/** What somebody may do in a course. An admin may do in every course what its owner may. */
export interface Rights {
  /** Settings, roster, grants, staff. */
  change: boolean
}

export function rightsOf(user: User, courseId: string): Rights {
  return { change: user.isAdmin || user.courses.some(({ id, role }) => id === courseId && role === 'owner') }
}

export function useRights(courseId: string): Rights {
  return rightsOf(useUser(), courseId)
}
