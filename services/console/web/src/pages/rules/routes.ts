import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { courseRoute } from '../../app/frames.ts'

/** What is blocked and guided. */
export const rulesRoutes = [
  createRoute({
    getParentRoute: () => courseRoute,
    path: 'rules',
    component: lazyRouteComponent(() => import('./rules-page.tsx'), 'RulesPage'),
  }),
] as const
