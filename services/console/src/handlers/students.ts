import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { RequestOf } from '@lectern/shared/contracts/call.ts'
import {
  DropStudentCall,
  GetStudentCall,
  ListStudentsCall,
  Student,
} from '@lectern/shared/contracts/courses.ts'
import { UpdateStudentCall } from '@lectern/shared/contracts/roster.ts'
import { requester } from '@lectern/shared/nats/requester.ts'
import type { HandlerOptions } from '../app.ts'
import { actorOf } from '../caller.ts'
import { checkRoster } from '../roster.ts'
import { refuseFaults } from '../roster-upload.ts'
import { CourseParams, closedObject, failures, StudentParams } from '../schemas.ts'

const tags = ['students']
/** A page with balances may have to open the week of each student. */
const LIST_TIMEOUT_MS = 10_000
const { courseId: _, ...listed } = ListStudentsCall.request.properties
type StudentPatch = RequestOf<typeof UpdateStudentCall>['patch']
const { name, email, group } = UpdateStudentCall.request.properties.patch.properties

/** The roster, read and dropped from: answered by the quota service. */
export const students: FastifyPluginAsyncTypebox<HandlerOptions> = async (app, { nc }) => {
  const listStudents = requester(nc, ListStudentsCall, { timeoutMs: LIST_TIMEOUT_MS })
  const getStudent = requester(nc, GetStudentCall)
  const updateStudent = requester(nc, UpdateStudentCall)
  const dropStudent = requester(nc, DropStudentCall)

  app.get(
    '/courses/:course/students',
    {
      schema: {
        tags,
        summary: 'List or search the students of a course',
        params: CourseParams,
        querystring: closedObject(listed),
        response: { 200: ListStudentsCall.reply, ...failures },
      },
    },
    async request => listStudents({ courseId: request.params.course, ...request.query }),
  )

  app.get(
    '/students/:student',
    {
      schema: {
        tags,
        summary: 'Show a student and the hints of their keys',
        params: StudentParams,
        response: { 200: Student, ...failures },
      },
    },
    async request => getStudent({ studentId: request.params.student }),
  )

  app.patch(
    '/students/:student',
    {
      schema: {
        tags,
        summary: 'Change a student: only what is named; another group means its allowance',
        params: StudentParams,
        body: Object.assign(closedObject({ name, email, group }), { minProperties: 1 }),
        response: { 200: Student, ...failures },
      },
    },
    async request => {
      const patch = checkedPatch(request.body)
      return updateStudent({ studentId: request.params.student, patch, actor: actorOf(request) })
    },
  )

  app.delete(
    '/students/:student',
    {
      schema: {
        tags,
        summary: 'Drop a student: all keys end at once, ledger and conversations stay',
        params: StudentParams,
        response: { 200: Student, ...failures },
      },
    },
    async request => dropStudent({ studentId: request.params.student }),
  )
}

/** A changed row is checked as a roster's is. */
function checkedPatch(body: StudentPatch): StudentPatch {
  const row = { place: 'the student', id: '', name: 'x', email: 'x@x', ...trimmed(body) }
  refuseFaults(checkRoster([{ ...row, group: row.group ?? '' }], 1), 'Nothing was changed')
  return trimmed(body)
}

function trimmed({ name, email, group }: StudentPatch): StudentPatch {
  return {
    ...(name === undefined ? {} : { name: name.trim() }),
    ...(email === undefined ? {} : { email: email.trim() }),
    ...(group === undefined ? {} : { group: group?.trim() || null }),
  }
}
