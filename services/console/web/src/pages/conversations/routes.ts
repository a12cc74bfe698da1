import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { courseRoute } from '../../app/frames.ts'
import { readFilter } from './filter.ts'

/** What was asked and answered: the list, and one conversation. Both keep the filters in their address. */
export const conversationsRoutes = [
  createRoute({
    getParentRoute: () => courseRoute,
    path: 'conversations',
    validateSearch: readFilter,
    component: lazyRouteComponent(() => import('./list-page.tsx'), 'ListPage'),
  }),
  createRoute({
    getParentRoute: () => courseRoute,
    path: 'conversations/$id',
    validateSearch: readFilter,
    component: lazyRouteComponent(() => import('./reader-page.tsx'), 'ReaderPage'),
  }),
] as const
