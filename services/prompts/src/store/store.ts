import type { Clock } from '@lectern/shared/clock.ts'
import type { Pool } from '@lectern/shared/postgres/pool.ts'
import type { Course } from '../course.ts'
import { versionsEverInForce } from '../course.ts'
import { openDatabase } from './database.ts'
import { createRules, type Rules, toRule } from './rules.ts'
import { createVersions, type Versions } from './versions.ts'

/** What the service keeps. While the database is away every call fails, with an outage. */
export interface Store extends Versions, Rules {
  readCourse(courseId: string): Promise<Course>
}

/** The store in Postgres. */
export function createStore(pool: Pool, clock: Clock): Store {
  const db = openDatabase(pool)

  /** Three reads, no transaction: a change that falls between them is announced, and the whole is read again. */
  async function readCourse(courseId: string): Promise<Course> {
    const [rows, rules] = await Promise.all([
      db.promptVersion.findMany({
        where: { courseId, withdrawnAt: null },
        select: {
          ...{ id: true, version: true, fromWeek: true, toWeek: true },
          ...{ createdAt: true, publishAt: true },
        },
      }),
      db.rule.findMany({
        where: { courseId, removedAt: null },
        orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
      }),
    ])
    const versions = rows.map(({ createdAt, publishAt, ...version }) => ({
      ...version,
      createdAt: createdAt.toISOString(),
      publishAt: publishAt?.toISOString() ?? null,
    }))
    const texts = await db.promptVersion.findMany({
      where: { id: { in: versionsEverInForce(versions, clock.nowMs()) } },
      select: { id: true, text: true },
    })
    return {
      courseId,
      versions,
      texts: new Map(texts.map(({ id, text }) => [id, text])),
      rules: rules.map(toRule),
    }
  }

  return {
    ...createVersions(db, pool, clock),
    ...createRules(db, clock),
    readCourse,
  }
}
