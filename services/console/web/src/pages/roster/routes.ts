import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { courseRoute } from '../../app/frames.ts'

/** Who is in a course: the list, and lists that are brought in. */
export const rosterRoutes = [
  createRoute({
    getParentRoute: () => courseRoute,
    path: 'students',
    component: lazyRouteComponent(() => import('./roster-page.tsx'), 'RosterPage'),
  }),
  createRoute({
    getParentRoute: () => courseRoute,
    path: 'students/import',
    component: lazyRouteComponent(() => import('./import-page.tsx'), 'ImportPage'),
  }),
] as const
