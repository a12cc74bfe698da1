import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { rootRoute } from '../../app/frames.ts'

/** Around the students' pages: what staff see is not here. */
export const studentFrame = createRoute({
  getParentRoute: () => rootRoute,
  id: 'me',
  component: lazyRouteComponent(() => import('./student-frame.tsx'), 'StudentFrame'),
})

/** A student's own: what is left, a chat, settings, use and conversations. */
export const meRoutes = [
  createRoute({
    getParentRoute: () => studentFrame,
    path: '/me',
    component: lazyRouteComponent(() => import('./me-page.tsx'), 'MePage'),
  }),
  createRoute({
    getParentRoute: () => studentFrame,
    path: '/me/conversations/$id',
    component: lazyRouteComponent(() => import('./reader-page.tsx'), 'ReaderPage'),
  }),
] as const
