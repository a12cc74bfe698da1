import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { studentFrame } from '../me/routes.ts'

/** Where a link or a QR code with a join code leads: `/join#CODE`. */
export const joinRoutes = [
  createRoute({
    getParentRoute: () => studentFrame,
    path: '/join',
    component: lazyRouteComponent(() => import('./join-page.tsx'), 'JoinPage'),
  }),
] as const
