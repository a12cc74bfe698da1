import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { courseRoute, staffRoute } from '../../app/frames.ts'

/** What staff did: everywhere, for admins. */
export const auditRoutes = [
  createRoute({
    getParentRoute: () => staffRoute,
    path: '/audit',
    component: lazyRouteComponent(() => import('./audit-page.tsx'), 'AuditPage'),
  }),
] as const

/** What staff did in a course. */
export const courseAuditRoutes = [
  createRoute({
    getParentRoute: () => courseRoute,
    path: 'audit',
    component: lazyRouteComponent(() => import('./audit-page.tsx'), 'CourseAuditPage'),
  }),
] as const
