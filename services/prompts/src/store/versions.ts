import { randomUUIDv7 } from 'node:crypto'
import type { Clock } from '@lectern/shared/clock.ts'
import type { RequestOf } from '@lectern/shared/contracts/call.ts'
import type { ListPromptsCall, PromptVersion, PublishCall } from '@lectern/shared/contracts/prompts.ts'
import { LecternError } from '@lectern/shared/errors.ts'
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
  INSERT INTO prompts.versions (id, course_id, version, from_week, to_week, text, created_at, publish_at)
  SELECT $1, $2, version, $3, $4, $5, $6, $7 FROM counter
  RETURNING version`

/** Published prompts: added and read, never changed, and taken back only before they are in force. */
export interface Versions {
  publish(version: RequestOf<typeof PublishCall>): Promise<PromptVersion>
  /** Throws `not_found` where the course has no such version. */
  findVersion(courseId: string, version: number): Promise<PromptVersion>
  /** Throws a conflict where it is in force, or has been. */
  withdraw(courseId: string, version: number): Promise<PromptVersion>
  /** The courses of which a version came into force in this time; `after` exclusive, `until` inclusive. */
  coursesDue(after: Date, until: Date): Promise<string[]>
  listVersions(request: RequestOf<typeof ListPromptsCall>): Promise<Page<PromptVersion>>
}

const readCursor = cursorReader(Type.Tuple([Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1 })]))

/** The versions in Postgres. */
export function createVersions(db: Database, pool: Pool, clock: Clock): Versions {
  return {
    async publish({ courseId, fromWeek, toWeek, text, publishAt: at }) {
      const id = randomUUIDv7()
      const publishAt = at === undefined ? null : new Date(at)
      const createdAt = new Date(clock.nowMs())
      const { rows } = await pool.query<{ version: number }>(PUBLISH, [
        id,
        courseId,
        fromWeek,
        toWeek,
        text,
        createdAt,
        publishAt,
      ])
      const [row] = rows
      if (!row) throw new Error('the new version was not answered')
      const { version } = row
      return toVersion({ ...{ id, courseId, version, fromWeek, toWeek, text }, createdAt, publishAt })
    },
    async findVersion(courseId, version) {
      const row = await db.promptVersion.findUnique({
        where: { courseId_version: { courseId, version }, withdrawnAt: null },
      })
      if (!row) throw new LecternError('not_found', { message: 'This course has no such version.' })
      return toVersion(row)
    },
    async withdraw(courseId, version) {
      const now = new Date(clock.nowMs())
      const [row] = await db.promptVersion.updateManyAndReturn({
        where: { courseId, version, withdrawnAt: null, publishAt: { gt: now } },
        data: { withdrawnAt: now },
      })
      if (row) return toVersion(row)
      await this.findVersion(courseId, version)
      throw new LecternError('conflict', {
        message: 'This version is in force, or was: publish or restore another one instead.',
      })
    },
    async coursesDue(after, until) {
      const rows = await db.promptVersion.findMany({
        where: { publishAt: { gt: after, lte: until }, withdrawnAt: null },
        distinct: ['courseId'],
        select: { courseId: true },
      })
      return rows.map(({ courseId }) => courseId)
    },
    async listVersions({ courseId, limit: wanted, cursor }) {
      const limit = Math.min(wanted, MAX_PER_PAGE)
      const before = cursor === undefined ? undefined : readCursor(cursor)[0]
      const rows = await db.promptVersion.findMany({
        where: { courseId, withdrawnAt: null, ...(before === undefined ? {} : { version: { lt: before } }) },
        orderBy: { version: 'desc' },
        take: limit + 1,
      })
      return toPage(rows.map(toVersion), limit, ({ version }) => toCursor([version]))
    },
  }
}

function toVersion({ createdAt, publishAt, ...row }: Omit<Row, 'withdrawnAt'>): PromptVersion {
  const { id, courseId, version, fromWeek, toWeek, text } = row
  return {
    ...{ id, courseId, version, fromWeek, toWeek, text },
    publishAt: publishAt?.toISOString() ?? null,
    createdAt: createdAt.toISOString(),
  }
}
