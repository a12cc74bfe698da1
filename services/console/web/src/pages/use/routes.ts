import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { courseRoute } from '../../app/frames.ts'

/** How a course uses what it has, week by week. */
export const useRoutes = [
  createRoute({
    getParentRoute: () => courseRoute,
    path: 'use',
    validateSearch: ({ week }: Record<string, unknown>): { week?: number } =>
      Number.isInteger(week) ? { week: week as number } : {},
    component: lazyRouteComponent(() => import('./use-page.tsx'), 'UsePage'),
  }),
] as const
