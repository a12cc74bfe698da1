import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { courseRoute } from '../../app/frames.ts'

/** One student, as the staff sees them. */
export const studentRoutes = [
  createRoute({
    getParentRoute: () => courseRoute,
    path: 'students/$student',
    component: lazyRouteComponent(() => import('./student-page.tsx'), 'StudentPage'),
  }),
] as const
