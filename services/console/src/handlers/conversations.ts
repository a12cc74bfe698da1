import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  Conversation,
  ConversationSummary,
  GetConversationCall,
  GetThreadCall,
  ListConversationsCall,
  SearchConversationsCall,
} from '@lectern/shared/contracts/conversations.ts'
import { CourseId, PageQuery } from '@lectern/shared/contracts/fields.ts'
import { requester } from '@lectern/shared/nats/requester.ts'
import { Type } from 'typebox'
import type { HandlerOptions } from '../app.ts'
import { FILTER, toFilter } from '../conversation-filter.ts'
import { ConversationParams, closedObject, failures, pageOf } from '../schemas.ts'

const Query = closedObject({ course: Type.Optional(CourseId), ...FILTER, ...PageQuery })
/** A search may read much; a person still waits for it. */
const SEARCH_TIMEOUT_MS = 10_000
const tags = ['conversations']

/** What was asked and answered: answered by the logger. */
export const conversations: FastifyPluginAsyncTypebox<HandlerOptions> = async (app, { nc }) => {
  const list = requester(nc, ListConversationsCall)
  const search = requester(nc, SearchConversationsCall, { timeoutMs: SEARCH_TIMEOUT_MS })
  const get = requester(nc, GetConversationCall)
  const getThread = requester(nc, GetThreadCall, { timeoutMs: SEARCH_TIMEOUT_MS })

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
      const { course, limit, cursor, ...given } = request.query
      const { q, ...filter } = toFilter(given)
      const asked = { courseId: course, ...filter, limit, cursor }
      return q === undefined ? list(asked) : search({ q, ...asked })
    },
  )

  app.get(
    '/conversations/:id',
    {
      schema: {
        tags,
        summary: 'One conversation in full',
        params: ConversationParams,
        response: { 200: Conversation, ...failures },
      },
    },
    async request => get({ id: request.params.id }),
  )

  app.get(
    '/conversations/:id/thread',
    {
      schema: {
        tags,
        summary: 'The chat that a conversation is a part of, oldest request first',
        params: ConversationParams,
        response: { 200: GetThreadCall.reply, ...failures },
      },
    },
    async request => getThread({ id: request.params.id }),
  )
}
