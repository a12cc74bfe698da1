import { LecternError } from '@lectern/shared/errors.ts'
import { type Static, Type } from 'typebox'
import { listFaults } from './faults.ts'
import { parseRoster, type Roster, type RosterRow } from './roster.ts'
import { closedObject } from './schemas.ts'

/** A student as JSON rows name them. */
const StudentRow = closedObject({
  id: Type.Optional(Type.String({ description: 'made from the e-mail when it is missing' })),
  name: Type.String(),
  email: Type.String(),
  group: Type.Optional(
    Type.Union([Type.String(), Type.Null()], { description: 'null or empty: none; left out: as it is' }),
  ),
})

/** A roster as it is sent: JSON rows, or the text of a spreadsheet. */
export const rosterBody = {
  content: {
    'application/json': { schema: Type.Array(StudentRow) },
    'text/csv': { schema: Type.String() },
    'text/tab-separated-values': { schema: Type.String() },
  },
}

/** Reads a roster in any of these forms; nothing is checked yet. */
export function readUpload(body: unknown): Roster {
  return typeof body === 'string' ? parseRoster(body) : rosterOf(body as Static<typeof StudentRow>[])
}

function rosterOf(body: Static<typeof StudentRow>[]): Roster {
  const rows = body.map(({ id = '', name, email, group }, index) => ({
    place: `[${index}]`,
    id: id.trim(),
    name: name.trim(),
    email: email.trim(),
    ...(group === undefined ? {} : { group: group?.trim() ?? '' }),
  }))
  return { rows, faults: [] }
}

/** Refuses a roster with faults, all of them listed; `title` says what was not done. */
export function refuseFaults(faults: Roster['faults'], title = 'Nothing was imported'): void {
  if (faults.length === 0) return
  throw new LecternError('invalid_request', {
    message: listFaults(title, faults),
    param: faults[0]?.place || null,
  })
}

/** What a student on the bus has beyond what was sent: key, id, dates and punctuation, in bytes, counted generously. */
const EXTRA_BYTES = 300

/** A message above the bus's limit would look like an outage, and a reply above it would lose the keys. */
export function refuseTooLarge(
  rows: readonly RosterRow[],
  courseId: string,
  limitBytes = Number.POSITIVE_INFINITY,
): void {
  const bytes = Buffer.byteLength(JSON.stringify(rows)) + rows.length * (EXTRA_BYTES + courseId.length)
  if (bytes <= limitBytes) return
  throw new LecternError('request_too_large', {
    message: 'These students do not fit into one message of the bus. Import them in several parts.',
  })
}
