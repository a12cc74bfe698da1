import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { courseRoute } from '../../app/frames.ts'

export interface EditorSearch {
  /** The version that the new one begins with. */
  from?: number
  /** The week that it is meant for. */
  week?: number
}

const numberOf = (value: unknown) =>
  Number.isInteger(Number(value)) && Number(value) > 0 ? Number(value) : undefined

/** What the models are told, week by week. */
export const promptsRoutes = [
  createRoute({
    getParentRoute: () => courseRoute,
    path: 'prompts',
    component: lazyRouteComponent(() => import('./prompts-page.tsx'), 'PromptsPage'),
  }),
  createRoute({
    getParentRoute: () => courseRoute,
    path: 'prompts/new',
    validateSearch: ({ from, week }: Record<string, unknown>): EditorSearch => ({
      ...(numberOf(from) && { from: numberOf(from) }),
      ...(numberOf(week) && { week: numberOf(week) }),
    }),
    component: lazyRouteComponent(() => import('./editor-page.tsx'), 'EditorPage'),
  }),
] as const
