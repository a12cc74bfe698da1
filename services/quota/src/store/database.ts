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

/** Whether a write failed because something by this name is there already; in a statement of our own it is told in another way. */
export function isTaken(error: unknown): boolean {
  if (!(error instanceof Prisma.PrismaClientKnownRequestError)) return false
  if (error.code === 'P2002') return true
  const { driverAdapterError } = (error.meta ?? {}) as { driverAdapterError?: { cause?: { kind?: string } } }
  return error.code === 'P2010' && driverAdapterError?.cause?.kind === 'UniqueConstraintViolation'
}
