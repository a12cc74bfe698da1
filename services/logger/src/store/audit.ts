import type { AuditEntry, ListAuditCall, NewAuditEntry } from '@lectern/shared/contracts/audit.ts'
import type { RequestOf } from '@lectern/shared/contracts/call.ts'
import { instantOf } from '@lectern/shared/instant.ts'
import { cursorReader, type Page, toCursor, toPage } from '@lectern/shared/page.ts'
import { Type } from 'typebox'
import type { Prisma, Audit as Row } from '../../generated/client.ts'
import type { Database } from './database.ts'

/** What staff did, in Postgres: added to and read. */
export interface Audit {
  /** Repeatable by the entry's id. */
  append(entry: NewAuditEntry): Promise<void>
  /** Newest first. */
  list(filter: RequestOf<typeof ListAuditCall>): Promise<Page<AuditEntry>>
}

/** Time and id of a page's last entry. */
const readCursor = cursorReader(
  Type.Tuple([Type.Integer({ minimum: 0, maximum: 8.64e15 }), Type.String({ maxLength: 64 })]),
)

export function createAudit(db: Database): Audit {
  return {
    async append({ details, ...entry }) {
      const data = { ...entry, details: details as Prisma.InputJsonObject }
      await db.audit.createMany({ data: [data], skipDuplicates: true })
    },
    async list(filter) {
      const { limit } = filter
      const rows = await db.audit.findMany({
        where: { AND: conditionsOf(filter) },
        orderBy: [{ at: 'desc' }, { id: 'desc' }],
        take: limit + 1,
      })
      return toPage(rows.map(toEntry), limit, ({ at, id }) => toCursor([Date.parse(at), id]))
    },
  }
}

function toEntry({ at, details, ...row }: Row): AuditEntry {
  return { ...row, details: details as Record<string, unknown>, at: at.toISOString() }
}

function conditionsOf({ courseId, actor, from, to, cursor }: RequestOf<typeof ListAuditCall>) {
  return [
    courseId === undefined ? {} : { courseId },
    actor === undefined ? {} : { actor },
    from === undefined ? {} : { at: { gte: instantOf('from', from) } },
    to === undefined ? {} : { at: { lt: instantOf('to', to) } },
    cursor === undefined ? {} : after(cursor),
  ]
}

/** The entries below a cursor; the first condition alone is what an index range needs. */
function after(cursor: string) {
  const [atMs, id] = readCursor(cursor)
  const at = new Date(atMs)
  return { at: { lte: at }, OR: [{ at: { lt: at } }, { id: { lt: id } }] }
}
