import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { courseUse } from './dashboards/course-use.ts'
import { logger } from './dashboards/logger.ts'
import { overview } from './dashboards/overview.ts'
import { providers } from './dashboards/providers.ts'
import { quota } from './dashboards/quota.ts'
import { toGrafana } from './panels.ts'

/**
 * Grafana's dashboards, written from the descriptions beside this file: `node infra/observability/dashboards.ts`. A test
 * compares what is checked in.
 */

export const FOLDER = join(import.meta.dirname, 'grafana', 'dashboards')

/** The files that Grafana reads, by their names. */
export function dashboardFiles(): Map<string, string> {
  return new Map(
    [overview, quota, providers, logger, courseUse].map(dashboard => [
      `${dashboard.uid}.json`,
      `${JSON.stringify(toGrafana(dashboard), null, 2)}\n`,
    ]),
  )
}

if (import.meta.main) {
  for (const [name, content] of dashboardFiles()) writeFileSync(join(FOLDER, name), content)
}
