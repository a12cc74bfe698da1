import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { publicRoute } from '../../app/frames.ts'

export interface SignInSearch {
  /** The page that was wanted. */
  to?: string
  /** Why the university's sign-in has sent somebody back. */
  error?: string
}

/** Signing in, the first set-up, an invitation: what is seen by who is nobody yet. */
export const accessRoutes = [
  createRoute({
    getParentRoute: () => publicRoute,
    path: '/sign-in',
    validateSearch: ({ to, error }: Record<string, unknown>): SignInSearch => ({
      ...(typeof to === 'string' && { to }),
      ...(typeof error === 'string' && { error }),
    }),
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
