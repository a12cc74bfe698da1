import type { paths } from '../../generated/api.ts'

/** Names for the parts of the API's answers that several pages speak of. */

/** The body of an answer: `Answer<'/api/courses/{course}', 'get'>`. */
export type Answer<
  P extends keyof paths,
  M extends keyof paths[P],
  S extends number = 200,
> = paths[P][M] extends {
  responses: Record<S, { content: { 'application/json': infer Body } }>
}
  ? Body
  : never

/** The JSON body of a request: `Body<'/api/courses', 'post'>`. */
export type Body<P extends keyof paths, M extends keyof paths[P]> = paths[P][M] extends {
  requestBody?: { content: { 'application/json': infer Sent } }
}
  ? Sent
  : never

export type CoursePatch = Body<'/api/courses/{course}', 'patch'>
export type Course = Answer<'/api/courses/{course}', 'get'>
export type NewCourse = Body<'/api/courses', 'post'>
export type Student = Answer<'/api/students/{student}', 'get'>
export type RosterStudent = Answer<'/api/courses/{course}/students', 'get'>['items'][number]
export type RosterImport = Answer<'/api/courses/{course}/students/import', 'post'>
export type StaffMember = Answer<'/api/staff', 'get'>['items'][number]
export type CourseMember = Answer<'/api/courses/{course}/staff', 'get'>['items'][number]
export type AuditEntry = Answer<'/api/audit', 'get'>['items'][number]
export type Balance = Answer<'/api/students/{student}/balance', 'get'>
export type LedgerEntry = Answer<'/api/students/{student}/ledger', 'get'>['items'][number]
export type Imported = Answer<'/api/courses/{course}/students', 'post', 201>[number]
export type PromptVersion = Answer<'/api/courses/{course}/prompts', 'get'>['items'][number]
export type Rule = Answer<'/api/courses/{course}/rules', 'get'>['items'][number]
export type Conversation = Answer<'/api/conversations/{id}', 'get'>
export type ConversationPage = Answer<'/api/conversations', 'get'>
export type ConversationSummary = ConversationPage['items'][number]
export type ConversationQuery = NonNullable<paths['/api/conversations']['get']['parameters']['query']>
export type Outcome = Conversation['outcome']
export type Thread = Answer<'/api/conversations/{id}/thread', 'get'>
export type Note = Answer<'/api/conversations/{id}/notes', 'get'>['items'][number]
export type Use = Answer<'/api/courses/{course}/use', 'get'>
export type Erasure = Answer<'/api/students/{student}/erase', 'post'>
