import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  Course,
  CourseInput,
  CoursePatch,
  CreateCourseCall,
  GetCourseCall,
  ListCoursesCall,
  UpdateCourseCall,
} from '@lectern/shared/contracts/courses.ts'
import { SetJoinCodeCall } from '@lectern/shared/contracts/roster.ts'
import { requester } from '@lectern/shared/nats/requester.ts'
import { Type } from 'typebox'
import type { HandlerOptions } from '../app.ts'
import { actorOf, isAdmin } from '../caller.ts'
import { CourseParams, closedObject, failures, PageOnly, pageOf } from '../schemas.ts'

/** A change has no defaults: what it does not name stays as it is. */
const Patch = Type.Unsafe<CoursePatch>({
  type: 'object',
  properties: Object.fromEntries(
    Object.entries(CoursePatch.properties).map(([name, schema]) => {
      const { default: _, ...rest } = schema as { default?: unknown }
      return [name, rest]
    }),
  ),
  additionalProperties: false,
  minProperties: 1,
})
const tags = ['courses']

/** Courses: answered by the quota service. */
export const courses: FastifyPluginAsyncTypebox<HandlerOptions> = async (app, { nc }) => {
  const createCourse = requester(nc, CreateCourseCall)
  const getCourse = requester(nc, GetCourseCall)
  const listCourses = requester(nc, ListCoursesCall)
  const updateCourse = requester(nc, UpdateCourseCall)
  const setJoinCode = requester(nc, SetJoinCodeCall)

  app.post(
    '/courses',
    {
      // So that the audit log of the course begins with it; the schema is checked before anything is written there.
      preValidation: async request => {
        request.courseId = (request.body as { id?: string } | null)?.id ?? null
      },
      schema: {
        tags,
        summary: 'Create a course',
        body: closedObject(CourseInput.properties),
        response: { 201: Course, ...failures },
      },
    },
    async (request, reply) => reply.code(201).send(await createCourse(request.body)),
  )

  app.get(
    '/courses',
    {
      schema: {
        tags,
        summary: 'List the courses',
        querystring: PageOnly,
        response: { 200: pageOf(Course), ...failures },
      },
    },
    async request => {
      const { caller, query } = request
      if (caller?.kind !== 'person' || isAdmin(caller)) return listCourses(query)
      const courseIds = caller.user.courses.map(({ id }) => id)
      const { items, next } = await listCourses({ ...query, courseIds })
      // A quota of the version before does not know the filter yet.
      return { items: items.filter(({ id }) => courseIds.includes(id)), next }
    },
  )

  app.get(
    '/courses/:course',
    {
      schema: {
        tags,
        summary: 'Show a course',
        params: CourseParams,
        response: { 200: Course, ...failures },
      },
    },
    async request => getCourse({ courseId: request.params.course }),
  )

  app.patch(
    '/courses/:course',
    {
      schema: {
        tags,
        summary: 'Change a course: only what is named',
        params: CourseParams,
        body: Patch,
        response: { 200: Course, ...failures },
      },
    },
    async request =>
      updateCourse({ courseId: request.params.course, patch: request.body, actor: actorOf(request) }),
  )

  app.post(
    '/courses/:course/join-code',
    {
      schema: {
        tags,
        summary: 'Make a new code by which students join; the one before ends',
        params: CourseParams,
        response: { 200: Course, ...failures },
      },
    },
    async request => setJoinCode({ courseId: request.params.course, on: true }),
  )

  app.delete(
    '/courses/:course/join-code',
    {
      schema: {
        tags,
        summary: 'End the code: nobody joins by it any more',
        params: CourseParams,
        response: { 200: Course, ...failures },
      },
    },
    async request => setJoinCode({ courseId: request.params.course, on: false }),
  )
}
