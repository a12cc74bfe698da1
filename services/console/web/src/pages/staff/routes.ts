import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { courseRoute, staffRoute } from '../../app/frames.ts'

/** Who works here: all of the staff, for admins. */
export const staffRoutes = [
  createRoute({
    getParentRoute: () => staffRoute,
    path: '/staff',
    component: lazyRouteComponent(() => import('./staff-page.tsx'), 'StaffPage'),
  }),
] as const

/** Who works in a course. */
export const courseStaffRoutes = [
  createRoute({
    getParentRoute: () => courseRoute,
    path: 'staff',
    component: lazyRouteComponent(() => import('./course-staff-page.tsx'), 'CourseStaffPage'),
  }),
] as const
