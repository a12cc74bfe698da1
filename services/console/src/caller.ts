import type { CourseRole, Identity } from '@lectern/shared/contracts/staff.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import type { FastifyRequest } from 'fastify'
import type { SessionSecret } from './session-cookie.ts'

/** Who asks: a person by the session's cookie, or a script by the staff's token, which may do everything. */
export type Caller = { kind: 'token' } | Person
export type Person = { kind: 'person'; user: Identity } & SessionSecret

declare module 'fastify' {
  interface FastifyRequest {
    /** Null: nobody, or nobody was asked for. */
    caller: Caller | null
    /** Of what it is about, where its role or the audit log asks for that. */
    courseId: string | null
  }
}

/** Their name in the ledger and in the audit log. */
export function actorOf({ caller }: FastifyRequest): string {
  if (!caller) throw new LecternError('unauthorized')
  return caller.kind === 'token' ? 'token' : caller.user.email
}

/** The person who asks; a script has no password and no session. */
export function personOf({ caller }: FastifyRequest): Person {
  if (caller?.kind === 'person') return caller
  throw new LecternError('forbidden', {
    message: 'This is for people who have signed in, not for the token.',
  })
}

export function isAdmin(caller: Caller): boolean {
  return caller.kind === 'token' || caller.user.isAdmin
}

/** Their role in a course; an admin is like an owner of each. */
export function roleIn(caller: Caller, courseId: string): CourseRole | null {
  if (isAdmin(caller)) return 'owner'
  const courses = caller.kind === 'person' ? caller.user.courses : []
  return courses.find(course => course.id === courseId)?.role ?? null
}
