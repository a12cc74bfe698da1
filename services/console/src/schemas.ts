import {
  CourseId,
  KeyId,
  Next,
  PageQuery,
  RequestId,
  StudentId,
  Week,
} from '@lectern/shared/contracts/fields.ts'
import { StaffId } from '@lectern/shared/contracts/staff.ts'
import { CATALOGUE, type ErrorCode } from '@lectern/shared/errors.ts'
import { type TObject, type TProperties, type TSchema, Type } from 'typebox'

/** Shapes that only HTTP has; everything else comes from the contracts. */

/**
 * An object without unknown fields: a typing error in an optional field's name must not be ignored. A field with a
 * default may be left out (the validator fills it in), so it is not `required` in the published document either.
 */
export function closedObject<P extends TProperties>(properties: P): TObject<P> {
  const schema = Type.Object(properties, { additionalProperties: false })
  const required = (schema.required ?? []) as string[]
  return Object.assign(schema, {
    required: required.filter(name => !('default' in (properties[name] ?? {}))),
  }) as TObject<P>
}

/** The query of a list. */
export const PageOnly = closedObject(PageQuery)
/** The query of what belongs to a week; without one: the running week. */
export const WeekOnly = closedObject({ week: Type.Optional(Week) })

/** A page of a list. */
export const pageOf = <T extends TSchema>(item: T) => Type.Object({ items: Type.Array(item), next: Next })

/** Anything that might be somebody's password. */
export const Password = Type.String({ minLength: 1, maxLength: 500 })
/** Length is what makes a password hard to guess; other rules make it hard to remember. */
export const NewPassword = Type.String({
  minLength: 12,
  maxLength: 500,
  description: 'at least 12 characters',
})
/** What follows the # of a one-time link. */
export const LinkSecret = Type.String({ minLength: 1, maxLength: 100 })

export const CourseParams = Type.Object({ course: CourseId })
export const StudentParams = Type.Object({ student: StudentId })
export const KeyParams = Type.Object({ key: KeyId })
export const VersionParams = Type.Object({
  course: CourseId,
  version: Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1 }),
})
export const RuleParams = Type.Object({ course: CourseId, rule: Type.String({ maxLength: 64 }) })
export const StaffParams = Type.Object({ id: StaffId })
export const CourseStaffParams = Type.Object({ course: CourseId, id: StaffId })
export const ConversationParams = Type.Object({ id: RequestId })

const FieldFault = Type.Object({
  place: Type.String({ description: 'the field, empty: the whole' }),
  text: Type.String({ description: 'the rest of a sentence that begins with the place' }),
  code: Type.Optional(Type.String({ description: 'the keyword of JSON Schema that is not met' })),
  limit: Type.Optional(Type.Number({ description: 'the bound of that keyword' })),
})
const ErrorAnswer = Type.Object({
  error: Type.Object({
    message: Type.String({ description: 'says what to do next' }),
    type: Type.String(),
    param: Type.Union([Type.String(), Type.Null()], { description: 'the field at fault' }),
    code: Type.Enum(Object.keys(CATALOGUE) as ErrorCode[]),
    faults: Type.Optional(Type.Array(FieldFault, { description: 'what the request lacks, one by one' })),
  }),
})
/** What every route may answer instead. */
export const failures = { '4xx': ErrorAnswer, '5xx': ErrorAnswer }
