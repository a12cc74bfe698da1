import { createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router'
import { courseRoute, staffRoute } from '../../app/frames.ts'

/** Which courses there are. */
export const coursesRoutes = [
  createRoute({
    getParentRoute: () => staffRoute,
    path: '/',
    beforeLoad: () => {
      throw redirect({ to: '/courses', replace: true })
    },
  }),
  createRoute({
    getParentRoute: () => staffRoute,
    path: '/courses',
    component: lazyRouteComponent(() => import('./course-list.tsx'), 'CourseList'),
  }),
  createRoute({
    getParentRoute: () => staffRoute,
    path: '/new-course',
    component: lazyRouteComponent(() => import('./new-course.tsx'), 'NewCourse'),
  }),
] as const

/** The address of a course leads to its first page. */
export const courseStartRoute = createRoute({
  getParentRoute: () => courseRoute,
  path: '/',
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/courses/$course/use', params, replace: true })
  },
})
