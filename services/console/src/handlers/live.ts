import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ConversationsStored } from '@lectern/shared/contracts/conversations.ts'
import { GetCourseCall } from '@lectern/shared/contracts/courses.ts'
import { CONVERSATIONS_STORED } from '@lectern/shared/contracts/subjects.ts'
import { WeeksUseCall } from '@lectern/shared/contracts/use.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import { requester } from '@lectern/shared/nats/requester.ts'
import { validator } from '@lectern/shared/schema.ts'
import { Type } from 'typebox'
import type { HandlerOptions } from '../app.ts'
import { roleIn } from '../caller.ts'
import { createCounters } from '../counters.ts'
import { createLive } from '../live.ts'
import { CourseParams, failures } from '../schemas.ts'
import { currentWeek } from '../use.ts'

const check = validator(ConversationsStored)
const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  // Nothing on the way may gather or change it.
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
}

/** What happens in a course, as it happens: the logger tells all consoles, each tells its own browsers. */
export const live: FastifyPluginAsyncTypebox<HandlerOptions> = async (app, { nc, clock, sessions }) => {
  const getCourse = requester(nc, GetCourseCall)
  const weeksUse = requester(nc, WeeksUseCall)
  const streams = createLive()
  const counters = createCounters({
    async read(courseId) {
      const week = currentWeek(await getCourse({ courseId }), clock.nowMs())
      return (await weeksUse({ courseId, week })).items[0]
    },
    send: (courseId, use) => streams.send(courseId, 'counters', use),
    onFailure: error => app.log.warn({ err: error }, 'live: counters could not be read'),
  })

  nc.subscribe(CONVERSATIONS_STORED, {
    callback: (error, message) => {
      try {
        if (error) throw error
        const { courseId, count, newest } = check(message.json()) as ConversationsStored
        if (!streams.isWatched(courseId)) return
        streams.send(courseId, 'conversations', { count, items: newest })
        counters.changed(courseId)
      } catch (cause) {
        app.log.warn({ err: cause }, 'live: what was stored could not be read')
      }
    },
  })
  // Before the server waits for its connections.
  app.addHook('preClose', async () => {
    counters.stop()
    streams.end()
  })

  app.get(
    '/courses/:course/live',
    {
      schema: {
        tags: ['conversations'],
        summary: 'New conversations and the counters of the week, as server-sent events',
        params: CourseParams,
        response: {
          200: {
            description: 'Events `conversations` and `counters`',
            content: { 'text/event-stream': { schema: Type.String() } },
          },
          ...failures,
        },
      },
    },
    async (request, reply) => {
      const { id } = await getCourse({ courseId: request.params.course })
      const stream = streams.open(id, async () => {
        if (request.caller?.kind === 'token') return true
        const person = await sessions.find(request)
        return person !== null && roleIn(person, id) !== null
      })
      if (!stream) {
        const message = 'Too many people look on at once. The page shows what it has; try again in a minute.'
        throw new LecternError('overloaded', { message, retryAfterMs: 60_000 })
      }
      counters.changed(id)
      return reply.headers(HEADERS).send(stream as never)
    },
  )
}
