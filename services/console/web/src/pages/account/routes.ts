import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { staffRoute } from '../../app/frames.ts'

/** Oneself. */
export const accountRoutes = [
  createRoute({
    getParentRoute: () => staffRoute,
    path: '/account',
    component: lazyRouteComponent(() => import('./account-page.tsx'), 'AccountPage'),
  }),
] as const
