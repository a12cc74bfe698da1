import { Readable } from 'node:stream'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  type Conversation,
  ExportConversationsCall,
  PseudonymsCall,
} from '@lectern/shared/contracts/conversations.ts'
import { GetCourseCall, ListStudentsCall } from '@lectern/shared/contracts/courses.ts'
import { requester } from '@lectern/shared/nats/requester.ts'
import { Type } from 'typebox'
import type { HandlerOptions } from '../app.ts'
import { FILTER, toFilter } from '../conversation-filter.ts'
import { FORMATS } from '../export-lines.ts'
import { createPseudonymiser, type Known } from '../pseudonymise.ts'
import { CourseParams, closedObject, failures } from '../schemas.ts'

const Query = closedObject({
  ...FILTER,
  format: Type.Enum(['jsonl', 'csv'], { default: 'jsonl' }),
  pseudonymise: Type.Boolean({ default: false, description: 'without the names of the roster' }),
})
const PAGE = 50
const ROSTER_PAGE = 500
/** Whole conversations are read from far back. */
const TIMEOUT_MS = 15_000
const tags = ['conversations']

type Filter = Parameters<ReturnType<typeof requester<typeof ExportConversationsCall>>>[0]

/** Conversations as a file, page by page as its reader takes them: the console holds one page at a time. */
export const exportFile: FastifyPluginAsyncTypebox<HandlerOptions> = async (app, { nc }) => {
  const getCourse = requester(nc, GetCourseCall)
  const listStudents = requester(nc, ListStudentsCall)
  const readPage = requester(nc, ExportConversationsCall, { timeoutMs: TIMEOUT_MS })
  const pseudonyms = requester(nc, PseudonymsCall)

  /** Everybody who was ever on the roster: who was dropped is still named in what others wrote. */
  async function rosterOf(courseId: string): Promise<Known[]> {
    const known: Known[] = []
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const { items, next }: Awaited<ReturnType<typeof listStudents>> = await listStudents({
        courseId,
        limit: ROSTER_PAGE,
        cursor,
      })
      const asked = { courseId, studentIds: items.map(({ id }) => id) }
      const given = await pseudonyms(asked)
      known.push(...items.map((student, index) => ({ ...student, pseudonym: given.pseudonyms[index] ?? '' })))
      cursor = next
    }
    return known
  }

  async function* pagesOf(filter: Filter): AsyncGenerator<Conversation[]> {
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page: Awaited<ReturnType<typeof readPage>> = await readPage({ ...filter, cursor })
      yield page.items
      cursor = page.next
    }
  }

  app.get(
    '/courses/:course/conversations/export',
    {
      schema: {
        tags,
        summary: 'The conversations of a course as a file, on request without names',
        params: CourseParams,
        querystring: Query,
        response: {
          200: {
            description: 'The file',
            content: {
              'application/jsonl': { schema: Type.String() },
              'text/csv': { schema: Type.String() },
            },
          },
          ...failures,
        },
      },
    },
    async (request, reply) => {
      const { format, pseudonymise, ...given } = request.query
      const { id: courseId } = await getCourse({ courseId: request.params.course })
      const change = pseudonymise
        ? createPseudonymiser(await rosterOf(courseId))
        : (kept: Conversation) => kept
      const { type, write } = FORMATS[format]
      const pages = pagesOf({ courseId, ...toFilter(given), limit: PAGE })
      // A fault of the question is an answer of its own, before the file begins.
      const first = await pages.next()
      async function* text(): AsyncGenerator<string> {
        yield write((first.value ?? []).map(change), true)
        for await (const items of pages) yield write(items.map(change), false)
      }
      reply.type(type)
      reply.header('content-disposition', `attachment; filename="${courseId}-conversations.${format}"`)
      return reply.send(Readable.from(text()) as never)
    },
  )
}
