import { createRootRoute, createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router'
import { courseQuery } from './course.ts'
import { NotFound, PageError } from './faults.tsx'
import { Frame } from './frame.tsx'
import { queryClient } from './query.ts'
import { currentSession } from './session.ts'

/** The frames that pages stand in. A page names its frame as its parent route. */

export const rootRoute = createRootRoute({
  component: Frame,
  errorComponent: PageError,
  notFoundComponent: NotFound,
})

/** For everybody: signing in, invitations. One card in the middle. */
export const publicRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'public',
  component: lazyRouteComponent(() => import('./public-frame.tsx'), 'PublicFrame'),
})

/** For staff who are signed in; others are sent to sign in, and then back. */
export const staffRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'staff',
  beforeLoad: async ({ location }) => {
    const { user, needsSetup } = await currentSession()
    if (!user) throw redirect({ to: '/sign-in', search: needsSetup ? {} : { to: location.href } })
  },
  component: lazyRouteComponent(() => import('./shell.tsx'), 'Shell'),
})

/** For the staff of one course; its pages may `useCourse()`. */
export const courseRoute = createRoute({
  getParentRoute: () => staffRoute,
  path: '/courses/$course',
  loader: ({ params }) => queryClient.ensureQueryData(courseQuery(params.course)),
})
