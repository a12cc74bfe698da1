import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  DropStudentCall,
  GetStudentCall,
  ListStudentsCall,
  Student,
} from '@lectern/shared/contracts/courses.ts'
import { requester } from '@lectern/shared/nats/requester.ts'
import type { HandlerOptions } from '../app.ts'
import { CourseParams, failures, PageOnly, pageOf, StudentParams } from '../schemas.ts'

const tags = ['students']

/** The roster, read and dropped from: answered by the quota service. */
export const students: FastifyPluginAsyncTypebox<HandlerOptions> = async (app, { nc }) => {
  const listStudents = requester(nc, ListStudentsCall)
  const getStudent = requester(nc, GetStudentCall)
  const dropStudent = requester(nc, DropStudentCall)

  app.get(
    '/courses/:course/students',
    {
      schema: {
        tags,
        summary: 'List the students of a course',
        params: CourseParams,
        querystring: PageOnly,
        response: { 200: pageOf(Student), ...failures },
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
