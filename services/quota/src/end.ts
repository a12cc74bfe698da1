import {
  CourseId,
  ModelName,
  Nullable,
  RequestId,
  StudentId,
  Tokens,
  Week,
} from '@lectern/shared/contracts/fields.ts'
import { HEADER } from '@lectern/shared/contracts/subjects.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import { validator } from '@lectern/shared/schema.ts'
import { type Static, Type } from 'typebox'

/** The end of a reservation, as the ledger keeps it. */
export interface End {
  reservationId: string
  kind: 'settle' | 'release' | 'expire'
  courseId: string
  studentId: string
  week: number
  chargeTokens: number
  model: string | null
  inputTokens: number | null
  outputTokens: number | null
}

const RecordedEnd = Type.Object({
  reservationId: RequestId,
  kind: Type.Enum(['settle', 'release']),
  courseId: CourseId,
  studentId: StudentId,
  week: Week,
  chargeTokens: Tokens,
  model: Nullable(ModelName),
  inputTokens: Nullable(Tokens),
  outputTokens: Nullable(Tokens),
})
/** An end that a message of the stream told. */
export type RecordedEnd = Static<typeof RecordedEnd>

const checkEnd = validator(RecordedEnd)

/** The end that a record's headers tell. Throws `invalid_request` that names what is wrong. */
export function parseEnd(headers: { get(name: string): string } | undefined): RecordedEnd {
  const text = (name: string) => headers?.get(name) || undefined
  // Not Number(): that would take a blank text for zero, and a charge must be written out.
  const integer = (name: string) => {
    const given = text(name)
    return given !== undefined && /^\d{1,15}$/.test(given) ? Number(given) : given
  }
  const end = checkEnd({
    reservationId: text(HEADER.reservation),
    kind: text(HEADER.end),
    courseId: text(HEADER.course),
    studentId: text(HEADER.student),
    week: integer(HEADER.week),
    chargeTokens: integer(HEADER.charge) ?? (text(HEADER.end) === 'release' ? 0 : undefined),
    model: text(HEADER.model) ?? null,
    inputTokens: integer(HEADER.input) ?? null,
    outputTokens: integer(HEADER.output) ?? null,
  })
  if (end.kind === 'release' && end.chargeTokens > 0) {
    throw new LecternError('invalid_request', {
      message: 'A release charges nothing.',
      param: 'chargeTokens',
    })
  }
  return end
}
