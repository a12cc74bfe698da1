import type { Pool } from '@lectern/shared/postgres/pool.ts'
import { PrismaPg } from '@prisma/adapter-pg'
import { Prisma, PrismaClient } from '../../generated/client.ts'

export type Database = PrismaClient

/** The models of `prisma/schema.prisma`, over the pool that the hot statements use as well. */
export function openDatabase(pool: Pool, closing: AsyncDisposableStack): Database {
  const database = new PrismaClient({ adapter: new PrismaPg(pool, { schema: 'quota' }) })
  closing.defer(() => database.$disconnect())
  return database
}

/** Whether a write failed because something by this name is there already. */
export function isTaken(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002'
}
