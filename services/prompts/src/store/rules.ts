import { randomUUIDv7 } from 'node:crypto'
import type { Clock } from '@lectern/shared/clock.ts'
import type { RequestOf } from '@lectern/shared/contracts/call.ts'
import type { AddRuleCall, ListRulesCall, Rule } from '@lectern/shared/contracts/prompts.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import { cursorReader, type Page, toCursor, toPage } from '@lectern/shared/page.ts'
import { Type } from 'typebox'
import type { Rule as Row } from '../../generated/client.ts'
import type { Database } from './database.ts'

/** Every gateway tries all rules of a week on every request, and a policy has to fit into one message of the bus. */
const MAX_RULES = 100

/** Block and guide rules: added, and ended. */
export interface Rules {
  addRule(rule: RequestOf<typeof AddRuleCall>): Promise<Rule>
  listRules(request: RequestOf<typeof ListRulesCall>): Promise<Page<Rule>>
  /** Throws `not_found` where the course has no such rule, or no longer. */
  removeRule(courseId: string, ruleId: string): Promise<Rule>
}

const readCursor = cursorReader(
  Type.Tuple([Type.Integer({ minimum: 0, maximum: 8.64e15 }), Type.String({ pattern: '^[0-9a-f-]{36}$' })]),
)

/** The rules in Postgres. */
export function createRules(db: Database, clock: Clock): Rules {
  return {
    async addRule({ courseId, kind, pattern, message, fromWeek, toWeek }) {
      const known = await db.rule.count({ where: { courseId, removedAt: null } })
      if (known >= MAX_RULES) {
        throw new LecternError('conflict', {
          message: `A course has at most ${MAX_RULES} rules. Remove one first.`,
        })
      }
      const row = { id: randomUUIDv7(), courseId, kind, pattern, message, fromWeek, toWeek }
      return toRule(await db.rule.create({ data: { ...row, createdAt: new Date(clock.nowMs()) } }))
    },
    async listRules({ courseId, limit, cursor }) {
      const rows = await db.rule.findMany({
        where: { courseId, removedAt: null, ...(cursor === undefined ? {} : before(cursor)) },
        orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
        take: limit + 1,
      })
      return toPage(rows.map(toRule), limit, ({ createdAt, id }) => toCursor([Date.parse(createdAt), id]))
    },
    async removeRule(courseId, ruleId) {
      const [row] = await db.rule.updateManyAndReturn({
        where: { id: ruleId, courseId, removedAt: null },
        data: { removedAt: new Date(clock.nowMs()) },
      })
      if (!row) throw new LecternError('not_found', { message: 'This course has no such rule.' })
      return toRule(row)
    },
  }
}

function before(cursor: string) {
  const [createdAtMs, id] = readCursor(cursor)
  const createdAt = new Date(createdAtMs)
  return { OR: [{ createdAt: { lt: createdAt } }, { createdAt, id: { lt: id } }] }
}

/** A row as the contract shows it. */
export function toRule({ removedAt: _, kind, createdAt, ...row }: Row): Rule {
  // The table's own CHECK admits no other kind.
  return { ...row, kind: kind as Rule['kind'], createdAt: createdAt.toISOString() }
}
