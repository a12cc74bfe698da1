import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { publicRoute } from '../../app/frames.ts'

/** Signing in, the first set-up, an invitation: what is seen by who is nobody yet. */
export const accessRoutes = [
  createRoute({
    getParentRoute: () => publicRoute,
    path: '/sign-in',
    validateSearch: ({ to }: Record<string, unknown>): { to?: string } =>
      typeof to === 'string' ? { to } : {},
    component: lazyRouteComponent(() => import('./sign-in.tsx'), 'SignIn'),
  }),
  createRoute({
    getParentRoute: () => publicRoute,
    path: '/setup',
    component: lazyRouteComponent(() => import('./setup.tsx'), 'Setup'),
  }),
  createRoute({
    getParentRoute: () => publicRoute,
    path: '/invite',
    component: lazyRouteComponent(() => import('./invite.tsx'), 'Invite'),
  }),
] as const
