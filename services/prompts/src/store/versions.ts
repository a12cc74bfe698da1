import { randomUUIDv7 } from 'node:crypto'
import type { Clock } from '@lectern/shared/clock.ts'
import type { RequestOf } from '@lectern/shared/contracts/call.ts'
import type { ListPromptsCall, PromptVersion, PublishCall } from '@lectern/shared/contracts/prompts.ts'
import { cursorReader, type Page, toCursor, toPage } from '@lectern/shared/page.ts'
import type { Pool } from '@lectern/shared/postgres/pool.ts'
import { Type } from 'typebox'
import type { PromptVersion as Row } from '../../generated/client.ts'
import type { Database } from './database.ts'

/** A text may have 200 kB: more of them are not read for one page, which has to fit into one message anyway. */
const MAX_PER_PAGE = 50

// The counter's row lock makes concurrent publications wait for each other, so that versions count without gaps.
const PUBLISH = `
  WITH counter AS (
    INSERT INTO prompts.version_counters (course_id, version) VALUES ($2, 1)
    ON CONFLICT (course_id) DO UPDATE SET version = version_counters.version + 1
    RETURNING version
  )
  INSERT INTO prompts.versions (id, course_id, version, from_week, to_week, text, created_at)
  SELECT $1, $2, version, $3, $4, $5, $6 FROM counter
  RETURNING version`

/** Published prompts: added and read, never changed. */
export interface Versions {
  publish(version: RequestOf<typeof PublishCall>): Promise<PromptVersion>
  listVersions(request: RequestOf<typeof ListPromptsCall>): Promise<Page<PromptVersion>>
}

const readCursor = cursorReader(Type.Tuple([Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1 })]))

/** The versions in Postgres. */
export function createVersions(db: Database, pool: Pool, clock: Clock): Versions {
  return {
    async publish({ courseId, fromWeek, toWeek, text }) {
      const id = randomUUIDv7()
      const createdAt = new Date(clock.nowMs())
      const { rows } = await pool.query<{ version: number }>(PUBLISH, [
        id,
        courseId,
        fromWeek,
        toWeek,
        text,
        createdAt,
      ])
      const [row] = rows
      if (!row) throw new Error('the new version was not answered')
      return toVersion({ id, courseId, version: row.version, fromWeek, toWeek, text, createdAt })
    },
    async listVersions({ courseId, limit: wanted, cursor }) {
      const limit = Math.min(wanted, MAX_PER_PAGE)
      const before = cursor === undefined ? undefined : readCursor(cursor)[0]
      const rows = await db.promptVersion.findMany({
        where: { courseId, ...(before === undefined ? {} : { version: { lt: before } }) },
        orderBy: { version: 'desc' },
        take: limit + 1,
      })
      return toPage(rows.map(toVersion), limit, ({ version }) => toCursor([version]))
    },
  }
}

function toVersion(row: Row): PromptVersion {
  return { ...row, createdAt: row.createdAt.toISOString() }
}
