import { LecternError } from '@lectern/shared/errors.ts'
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { type Caller, isAdmin, personOf, roleIn } from '../caller.ts'
import type { CourseOf } from '../course-of.ts'
import { type Level, PERMISSIONS, type Permission } from '../permissions.ts'
import { isSame } from '../secret.ts'
import type { Sessions } from '../sessions.ts'
import { type StudentSessions, signInFirst } from '../student-sessions.ts'
import { READING, type RefuseForeignPages } from './cross-site.ts'

export interface Guards {
  adminToken: string
  sessions: Sessions
  students: StudentSessions
  courseOf: CourseOf
  refuseForeignPages: RefuseForeignPages
}

/**
 * Lets in only whom `permissions.ts` lets in, before anything of a body is read. Throws at the start for a route without a
 * line there. What is of a course that is not one's own does not exist.
 */
export function guardRoutes(app: FastifyInstance, guards: Guards): void {
  app.decorateRequest('caller', null)
  app.decorateRequest('courseId', null)
  app.decorateRequest('student', null)
  app.addHook('onRoute', ({ method, url }: RouteOptions) => {
    for (const name of [method].flat()) permissionOf(name, url)
  })
  app.addHook('onRequest', async (request, reply) => {
    const { url } = request.routeOptions
    // No route at all: the answer is a 404 whoever asks.
    if (url === undefined) return
    const permission = permissionOf(request.method, url)
    if (permission.level === 'student') {
      request.student = await guards.students.find(request)
      if (!request.student) throw signInFirst()
      guards.refuseForeignPages(request)
    } else if (permission.level !== 'anyone') {
      request.caller = await callerOf(request, reply, guards)
      guards.refuseForeignPages(request)
      await checkRole(request, request.caller, permission, guards.courseOf)
    } else guards.refuseForeignPages(request)
  })
}

export function permissionOf(method: string, url: string): Permission {
  const route = `${method === 'HEAD' ? 'GET' : method} ${url}`
  const permission = PERMISSIONS[route]
  if (!permission) throw new Error(`${route} has no line in permissions.ts: nobody may use it`)
  const isOfStaff = permission.level !== 'anyone' && permission.level !== 'student'
  if (!READING.has(method) && isOfStaff && permission.audit === undefined) {
    throw new Error(`${route} changes something: its line in permissions.ts says as what it is audited`)
  }
  return permission
}

async function callerOf(request: FastifyRequest, reply: FastifyReply, guards: Guards): Promise<Caller> {
  const { authorization } = request.headers
  if (authorization === undefined) {
    const person = await guards.sessions.find(request)
    if (person) return person
  } else {
    const [, given] = /^Bearer +(.+)$/i.exec(authorization) ?? []
    if (given !== undefined && isSame(given.trim(), guards.adminToken)) return { kind: 'token' }
  }
  reply.header('www-authenticate', 'Bearer')
  throw new LecternError('unauthorized', {
    message:
      authorization === undefined
        ? 'Sign in first. A script sends the staff token as `Authorization: Bearer <token>`.'
        : 'This is not the staff token. Ask who runs this Lectern for it.',
  })
}

async function checkRole(
  request: FastifyRequest,
  caller: Caller,
  { level, of, audit }: Permission,
  courseOf: CourseOf,
): Promise<void> {
  if (level === 'person') return void personOf(request)
  // For whoever may do everything the course is only looked for where it is written down.
  const isFree = level === 'staff' || isAdmin(caller)
  if (isFree && audit === undefined) return
  if (of === undefined) {
    if (isFree) return
    throw new LecternError('forbidden', { message: 'Only an admin may do this.' })
  }
  const found = await courseOf(of, request).catch((error: unknown) => {
    if (!(error instanceof LecternError) || error.code !== 'not_found') throw error
    // A free one gets the answer of whoever was asked.
    if (!isFree) throw new LecternError('not_found')
    return undefined
  })
  request.courseId = found ?? null
  if (!isFree) checkRoleIn(found, caller, level)
}

function checkRoleIn(courseId: string | undefined, caller: Caller, level: Level): void {
  if (courseId === undefined) {
    throw new LecternError('invalid_request', {
      message: 'Name one of your courses: ?course=<id>.',
      param: 'course',
    })
  }
  const role = roleIn(caller, courseId)
  if (role === null) throw new LecternError('not_found')
  if (level === 'owner' && role !== 'owner') {
    throw new LecternError('forbidden', { message: 'Only an owner of this course may do this.' })
  }
}
