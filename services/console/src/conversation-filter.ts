import { ConversationFilter, SearchConversationsCall } from '@lectern/shared/contracts/conversations.ts'
import { type Static, Type } from 'typebox'
import { instantQuery, toInstant } from './instant.ts'
import { closedObject } from './schemas.ts'

const { studentId, week, model, ruleId, outcome, flagged } = ConversationFilter
const { q } = SearchConversationsCall.request.properties

/** Which conversations of a course, as the query of a route says it. */
export const FILTER = {
  student: studentId,
  week,
  model,
  rule: Type.Optional({ ...ruleId, description: 'that this rule has hit' }),
  outcome,
  flagged,
  q: Type.Optional({ ...q, description: 'words of the question or the answer' }),
  from: instantQuery('asked at this time or later'),
  to: instantQuery('asked before this time'),
}
const Filter = closedObject(FILTER)

/** The same in the terms of the contract. Throws `invalid_request` for a time that is none. */
export function toFilter({ student, rule, from, to, ...rest }: Static<typeof Filter>) {
  return {
    studentId: student,
    ruleId: rule,
    from: toInstant('from', from),
    to: toInstant('to', to),
    ...rest,
  }
}
