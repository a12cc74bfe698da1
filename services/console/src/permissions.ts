/**
 * Who may use each route: the one table. A route without a line does not start, and a test tries every role at every line.
 *
 * `anyone`: nobody is asked for. `person`: signed in. `staff`: signed in, or the token. `assistant`, `owner`: of the course
 * that the request is about. `admin`: everything. Each includes those after it; the token is an admin.
 */
export type Level = 'anyone' | 'person' | 'staff' | 'assistant' | 'owner' | 'admin'

/** By what the course of a request is found: a part of the path, or `?course=`. */
export type Place = 'course' | 'query' | 'student' | 'key' | 'conversation'

export interface Permission {
  level: Level
  /** For `assistant` and `owner`. */
  of?: Place
}

const anyone: Permission = { level: 'anyone' }
const person: Permission = { level: 'person' }
const staff: Permission = { level: 'staff' }
const admin: Permission = { level: 'admin' }
const assistant = (of: Place): Permission => ({ level: 'assistant', of })
const owner = (of: Place): Permission => ({ level: 'owner', of })

export const PERMISSIONS: Readonly<Record<string, Permission>> = {
  'GET /healthz': anyone,
  'GET /readyz': anyone,
  'GET /openapi.json': anyone,
  // The pages' files; the pages themselves ask for everything else.
  'GET /assets/*': anyone,

  'GET /api/session': anyone,
  'POST /api/session': anyone,
  'DELETE /api/session': person,
  'POST /api/setup': anyone,
  'POST /api/password': person,

  // Answers only one's own.
  'GET /api/courses': staff,
  'POST /api/courses': admin,
  'GET /api/courses/:course': assistant('course'),
  'PATCH /api/courses/:course': owner('course'),
  'POST /api/courses/:course/join-code': owner('course'),
  'DELETE /api/courses/:course/join-code': owner('course'),

  'GET /api/courses/:course/students': assistant('course'),
  'POST /api/courses/:course/students': owner('course'),
  'POST /api/courses/:course/students/import': owner('course'),
  'GET /api/students/:student': assistant('student'),
  'PATCH /api/students/:student': owner('student'),
  'DELETE /api/students/:student': owner('student'),
  'POST /api/students/:student/keys': owner('student'),
  'POST /api/keys/:key/rotate': owner('key'),
  'DELETE /api/keys/:key': owner('key'),

  'POST /api/courses/:course/grants': owner('course'),
  'POST /api/students/:student/grants': owner('student'),
  'GET /api/students/:student/balance': assistant('student'),
  'GET /api/students/:student/ledger': assistant('student'),

  'GET /api/courses/:course/prompts': assistant('course'),
  'POST /api/courses/:course/prompts': owner('course'),
  'GET /api/courses/:course/rules': assistant('course'),
  'POST /api/courses/:course/rules': owner('course'),
  'DELETE /api/courses/:course/rules/:rule': owner('course'),

  'GET /api/conversations': assistant('query'),
  'GET /api/conversations/:id': assistant('conversation'),
  // Those who read also say what others should read again.
  'PUT /api/conversations/:id/flag': assistant('conversation'),
  'GET /api/conversations/:id/notes': assistant('conversation'),
  'POST /api/conversations/:id/notes': assistant('conversation'),
  'DELETE /api/conversations/:id/notes/:note': assistant('conversation'),

  'PUT /api/ops/log-level': admin,
}
