import { createRouter } from '@tanstack/react-router'
import { accessRoutes } from '../pages/access/routes.ts'
import { accountRoutes } from '../pages/account/routes.ts'
import { auditRoutes, courseAuditRoutes } from '../pages/audit/routes.ts'
import { conversationsRoutes } from '../pages/conversations/routes.ts'
import { courseStartRoute, coursesRoutes } from '../pages/courses/routes.ts'
import { joinRoutes } from '../pages/join/routes.ts'
import { meRoutes, studentFrame } from '../pages/me/routes.ts'
import { promptsRoutes } from '../pages/prompts/routes.ts'
import { rosterRoutes } from '../pages/roster/routes.ts'
import { rulesRoutes } from '../pages/rules/routes.ts'
import { settingsRoutes } from '../pages/settings/routes.ts'
import { courseStaffRoutes, staffRoutes } from '../pages/staff/routes.ts'
import { studentRoutes } from '../pages/student/routes.ts'
import { useRoutes } from '../pages/use/routes.ts'
import { Loading } from '../parts/states.tsx'
import { NotFound, PageError } from './faults.tsx'
import { courseRoute, publicRoute, rootRoute, staffRoute } from './frames.ts'

/** Every page: an area's routes stand in its own `routes.ts`, and are listed here under the frame that they name. */
const routeTree = rootRoute.addChildren([
  publicRoute.addChildren([...accessRoutes]),
  studentFrame.addChildren([...meRoutes, ...joinRoutes]),
  staffRoute.addChildren([
    ...coursesRoutes,
    ...accountRoutes,
    ...staffRoutes,
    ...auditRoutes,
    courseRoute.addChildren([
      courseStartRoute,
      ...useRoutes,
      ...conversationsRoutes,
      ...rosterRoutes,
      ...studentRoutes,
      ...promptsRoutes,
      ...rulesRoutes,
      ...courseStaffRoutes,
      ...courseAuditRoutes,
      ...settingsRoutes,
    ]),
  ]),
])

export const router = createRouter({
  routeTree,
  defaultPreload: 'intent',
  // Pages ask through TanStack Query, which knows how old its data is.
  defaultPreloadStaleTime: 0,
  scrollRestoration: true,
  defaultPendingComponent: Loading,
  defaultErrorComponent: PageError,
  defaultNotFoundComponent: NotFound,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
