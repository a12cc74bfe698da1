/**
 * Who may use each route: the one table. A route without a line does not start, and a test tries every role at every line.
 *
 * `anyone`: nobody is asked for. `person`: signed in. `staff`: signed in, or the token. `assistant`, `owner`: of the course
 * that the request is about. `admin`: everything. Each includes those after it; the token is an admin. `student`: a student by the
 * cookie of their own page, and nobody else.
 */
export type Level = 'anyone' | 'person' | 'staff' | 'assistant' | 'owner' | 'admin' | 'student'

/** By what the course of a request is found: a part of the path, or `?course=`. */
export type Place = 'course' | 'query' | 'student' | 'key' | 'conversation'

export interface Permission {
  level: Level
  /** For `assistant` and `owner`. */
  of?: Place
  /** Its name in the audit log: of each change, and of each reading of what students wrote. */
  audit?: string
}

const anyone: Permission = { level: 'anyone' }
const staff: Permission = { level: 'staff' }
const student: Permission = { level: 'student' }
/** Written down when it is known who it was. */
const signIn = (audit: string): Permission => ({ level: 'anyone', audit })
const person = (audit: string): Permission => ({ level: 'person', audit })
const admin = (audit?: string): Permission => ({ level: 'admin', ...(audit === undefined ? {} : { audit }) })
const assistant = (of: Place): Permission => ({ level: 'assistant', of })
const reader = (of: Place, audit: string): Permission => ({ level: 'assistant', of, audit })
const owner = (of: Place, audit?: string): Permission => ({
  level: 'owner',
  of,
  ...(audit === undefined ? {} : { audit }),
})

export const PERMISSIONS: Readonly<Record<string, Permission>> = {
  'GET /healthz': anyone,
  'GET /readyz': anyone,
  'GET /openapi.json': anyone,
  // The pages' own files, where they are built.
  'GET /assets/*': anyone,

  'GET /api/session': anyone,
  'POST /api/session': signIn('session.begin'),
  'DELETE /api/session': person('session.end'),
  'POST /api/setup': signIn('setup.complete'),
  'POST /api/invite': signIn('invitation.accept'),
  'GET /auth/oidc/start': anyone,
  'GET /auth/oidc/callback': signIn('session.begin-by-provider'),
  'POST /api/password': person('password.change'),

  'GET /api/staff': admin(),
  'POST /api/staff': admin('staff.invite'),
  'PATCH /api/staff/:id': admin('staff.update'),
  'POST /api/staff/:id/invite': admin('staff.link'),
  'GET /api/courses/:course/staff': assistant('course'),
  'POST /api/courses/:course/staff': owner('course', 'role.invite'),
  'PUT /api/courses/:course/staff/:id': owner('course', 'role.put'),
  'DELETE /api/courses/:course/staff/:id': owner('course', 'role.remove'),

  // Answers only one's own.
  'GET /api/courses': staff,
  'POST /api/courses': admin('course.create'),
  'GET /api/courses/:course': assistant('course'),
  'PATCH /api/courses/:course': owner('course', 'course.update'),
  'POST /api/courses/:course/join-code': owner('course', 'join-code.change'),
  'DELETE /api/courses/:course/join-code': owner('course', 'join-code.remove'),

  'GET /api/courses/:course/students': assistant('course'),
  'POST /api/courses/:course/students': owner('course', 'students.add'),
  'POST /api/courses/:course/students/import': owner('course', 'students.import'),
  'GET /api/students/:student': assistant('student'),
  'PATCH /api/students/:student': owner('student', 'student.change'),
  'DELETE /api/students/:student': owner('student', 'student.drop'),
  'POST /api/students/:student/erase': owner('student', 'student.erase'),
  'GET /api/students/:student/erasures': assistant('student'),
  'POST /api/students/:student/keys': owner('student', 'key.create'),
  'POST /api/keys/:key/rotate': owner('key', 'key.rotate'),
  'DELETE /api/keys/:key': owner('key', 'key.revoke'),

  'POST /api/courses/:course/grants': owner('course', 'grants.add'),
  'POST /api/students/:student/grants': owner('student', 'grant.add'),
  'GET /api/students/:student/balance': assistant('student'),
  'GET /api/students/:student/ledger': assistant('student'),

  'GET /api/courses/:course/models': assistant('course'),
  'GET /api/courses/:course/prompts': assistant('course'),
  'POST /api/courses/:course/prompts': owner('course', 'prompt.publish'),
  'POST /api/courses/:course/prompts/preview': reader('course', 'prompt.preview'),
  // It spends, so it is none of an assistant's.
  'POST /api/courses/:course/prompts/try': owner('course', 'prompt.try'),
  'POST /api/courses/:course/prompts/:version/restore': owner('course', 'prompt.restore'),
  'DELETE /api/courses/:course/prompts/:version': owner('course', 'prompt.withdraw'),
  'GET /api/courses/:course/rules': assistant('course'),
  'POST /api/courses/:course/rules': owner('course', 'rule.add'),
  'POST /api/courses/:course/rules/test': reader('course', 'rules.test'),
  'DELETE /api/courses/:course/rules/:rule': owner('course', 'rule.remove'),

  // The list has the beginnings of question and answer.
  'GET /api/conversations': reader('query', 'conversations.list'),
  'GET /api/conversations/:id': reader('conversation', 'conversation.read'),
  'GET /api/conversations/:id/thread': reader('conversation', 'conversation.thread'),

  'GET /api/courses/:course/conversations/export': reader('course', 'conversations.export'),
  'GET /api/courses/:course/live': reader('course', 'conversations.live'),
  'PUT /api/conversations/:id/flag': reader('conversation', 'conversation.flag'),
  'GET /api/conversations/:id/notes': reader('conversation', 'conversation.notes'),
  'POST /api/conversations/:id/notes': reader('conversation', 'note.add'),
  'DELETE /api/conversations/:id/notes/:note': reader('conversation', 'note.remove'),

  // With the beginnings of what was asked most.
  'GET /api/courses/:course/use': reader('course', 'use.read'),
  'GET /api/courses/:course/use/:table': reader('course', 'use.read'),

  'GET /api/audit': owner('query'),

  // What students do with their own is in no audit log, refusals included: it is about what staff do and read.
  'POST /api/join/preview': anyone,
  'POST /api/join': anyone,
  'GET /api/me': anyone,
  'POST /api/me/session': anyone,
  'DELETE /api/me/session': student,
  'GET /api/me/balance': student,
  'GET /api/me/use': student,
  'GET /api/me/conversations': student,
  'GET /api/me/conversations/:id': student,
  'POST /api/me/key': student,
  'GET /api/me/settings': student,
  'POST /api/me/chat': student,

  'PUT /api/ops/log-level': admin('log-level.change'),
}
