import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  ConversationSummary,
  GetConversationCall,
  ListConversationsCall,
  SearchConversationsCall,
} from '@lectern/shared/contracts/conversations.ts'
import { CourseId, PageQuery, StudentId, Week } from '@lectern/shared/contracts/fields.ts'
import { ConversationRecord } from '@lectern/shared/contracts/records.ts'
import { requester } from '@lectern/shared/nats/requester.ts'
import { Type } from 'typebox'
import type { HandlerOptions } from '../app.ts'
import { instantQuery, toInstant } from '../instant.ts'
import { ConversationParams, closedObject, failures, pageOf } from '../schemas.ts'

const { q } = SearchConversationsCall.request.properties

const Query = closedObject({
  course: Type.Optional(CourseId),
  student: Type.Optional(StudentId),
  week: Type.Optional(Week),
  q: Type.Optional({ ...q, description: 'words of the question or the answer' }),
  from: instantQuery('asked at this time or later'),
  to: instantQuery('asked before this time'),
  ...PageQuery,
})
/** A search may read much; a person still waits for it. */
const SEARCH_TIMEOUT_MS = 10_000
const tags = ['conversations']

/** What was asked and answered: answered by the logger. */
export const conversations: FastifyPluginAsyncTypebox<HandlerOptions> = async (app, { nc }) => {
  const list = requester(nc, ListConversationsCall)
  const search = requester(nc, SearchConversationsCall, { timeoutMs: SEARCH_TIMEOUT_MS })
  const get = requester(nc, GetConversationCall)

  app.get(
    '/conversations',
    {
      schema: {
        tags,
        summary: 'List or search the conversations, newest first',
        querystring: Query,
        response: { 200: pageOf(ConversationSummary), ...failures },
      },
    },
    async request => {
      const { course, student, q: words, from, to, ...rest } = request.query
      const filter = {
        courseId: course,
        studentId: student,
        from: toInstant('from', from),
        to: toInstant('to', to),
        ...rest,
      }
      return words === undefined ? list(filter) : search({ q: words, ...filter })
    },
  )

  app.get(
    '/conversations/:id',
    {
      schema: {
        tags,
        summary: 'One conversation in full',
        params: ConversationParams,
        response: { 200: ConversationRecord, ...failures },
      },
    },
    async request => get({ id: request.params.id }),
  )
}
