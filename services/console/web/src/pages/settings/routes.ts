import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { courseRoute } from '../../app/frames.ts'

/** What a course is: calendar, models, limits. */
export const settingsRoutes = [
  createRoute({
    getParentRoute: () => courseRoute,
    path: 'settings',
    component: lazyRouteComponent(() => import('./settings-page.tsx'), 'SettingsPage'),
  }),
] as const
