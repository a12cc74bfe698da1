import { cursorReader } from '@lectern/shared/page.ts'
import { Type } from 'typebox'

/** Lists go on behind the id of the last item of the page before, so they stay right while rows are added. */

const readId = cursorReader(Type.Tuple([Type.String({ maxLength: 100 })]))
const readNumber = cursorReader(Type.Tuple([Type.String({ pattern: '^\\d{1,18}$' })]))

/** The id behind which a list of courses or students goes on. */
export function readIdCursor(cursor: string | undefined): string | undefined {
  return cursor === undefined ? undefined : readId(cursor)[0]
}

/** The number of the entry behind which the ledger goes on. */
export function readEntryCursor(cursor: string | undefined): bigint | undefined {
  return cursor === undefined ? undefined : BigInt(readNumber(cursor)[0])
}
