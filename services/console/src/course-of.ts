import { GetConversationCourseCall } from '@lectern/shared/contracts/conversations.ts'
import { GetKeyCall, GetStudentCall } from '@lectern/shared/contracts/courses.ts'
import type { NatsConnection } from '@lectern/shared/nats/connect.ts'
import { requester } from '@lectern/shared/nats/requester.ts'
import type { Place } from './permissions.ts'

/** The parts of a request that name what it is about, as they came: nothing has looked at them yet. */
export interface Asked {
  params: unknown
  query: unknown
}

/** The course that a request is about; undefined: it names none. Throws `not_found` where what it names is not there. */
export type CourseOf = (place: Place, asked: Asked) => Promise<string | undefined>

export function createCourseOf(nc: NatsConnection): CourseOf {
  const getStudent = requester(nc, GetStudentCall)
  const getKey = requester(nc, GetKeyCall)
  const getConversationCourse = requester(nc, GetConversationCourseCall)
  return async (place, { params, query }) => {
    const named = params as Record<string, string>
    if (place === 'course') return named.course
    if (place === 'student') return (await getStudent({ studentId: named.student ?? '' })).courseId
    if (place === 'key') return (await getKey({ keyId: named.key ?? '' })).courseId
    if (place === 'conversation') return (await getConversationCourse({ id: named.id ?? '' })).courseId
    const { course } = query as { course?: unknown }
    return typeof course === 'string' && course !== '' ? course : undefined
  }
}
