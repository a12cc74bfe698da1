import type { Pool } from '@lectern/shared/postgres/pool.ts'
import { PrismaPg } from '@prisma/adapter-pg'
import { PrismaClient } from '../../generated/client.ts'

export type Database = PrismaClient

/** Prisma over the service's own pool, so that both share its connections and its timeouts. */
export function openDatabase(pool: Pool): Database {
  return new PrismaClient({ adapter: new PrismaPg(pool, { schema: 'logs' }), errorFormat: 'minimal' })
}
