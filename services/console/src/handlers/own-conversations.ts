import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  Conversation,
  ConversationSummary,
  GetConversationCall,
  ListConversationsCall,
  SearchConversationsCall,
} from '@lectern/shared/contracts/conversations.ts'
import { PageQuery } from '@lectern/shared/contracts/fields.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import { requester } from '@lectern/shared/nats/requester.ts'
import { type Static, Type } from 'typebox'
import { ConversationParams, closedObject, failures, pageOf } from '../schemas.ts'
import { studentOf } from '../student-sessions.ts'
import type { OwnPage } from './me.ts'

const { id, week, model, usage, chargeTokens, outcome, startedAtMs, messages, answers } =
  Conversation.properties
const { question, answer } = ConversationSummary.properties
const common = { id, week, model, usage, chargeTokens, outcome, startedAtMs }

/** What students see: what they asked and were answered, not which rules hit, and nothing that staff wrote about it. */
const OwnSummary = Type.Object({ ...common, question, answer })
const OwnConversation = Type.Object({ ...common, messages, answers })
/** A search may read much; a person still waits for it. */
const SEARCH_TIMEOUT_MS = 10_000
const tags = ['me']
const security = [{ student: [] }]

/** A student's own conversations: answered by the logger, which is asked for nobody else's. */
export const ownConversations: FastifyPluginAsyncTypebox<OwnPage> = async (app, { nc }) => {
  const list = requester(nc, ListConversationsCall)
  const search = requester(nc, SearchConversationsCall, { timeoutMs: SEARCH_TIMEOUT_MS })
  const get = requester(nc, GetConversationCall)

  app.get(
    '/me/conversations',
    {
      schema: {
        ...{ tags, security, summary: 'List or search your own conversations, newest first' },
        querystring: closedObject({
          q: Type.Optional(SearchConversationsCall.request.properties.q),
          ...PageQuery,
        }),
        response: { 200: pageOf(OwnSummary), ...failures },
      },
    },
    async request => {
      const { student, course } = studentOf(request).me
      const { q, ...page } = request.query
      const asked = { studentId: student.id, courseId: course.id, ...page }
      const { items, next } = await (q === undefined ? list(asked) : search({ q, ...asked }))
      return { items: items.filter(item => item.studentId === student.id).map(toSummary), next }
    },
  )

  app.get(
    '/me/conversations/:id',
    {
      schema: {
        ...{ tags, security, summary: 'One of your own conversations' },
        params: ConversationParams,
        response: { 200: OwnConversation, ...failures },
      },
    },
    async request => {
      const { student } = studentOf(request).me
      const missing = new LecternError('not_found', { message: 'There is no such conversation of yours.' })
      const found = await get({ id: request.params.id }).catch((error: unknown) => {
        throw error instanceof LecternError && error.code === 'not_found' ? missing : error
      })
      // Another student's is answered as one that is not there.
      if (found.studentId !== student.id) throw missing
      const { messages, answers } = found
      return { ...commonOf(found), messages, answers }
    },
  )
}

type Common = Static<typeof Common>
const Common = Type.Object(common)

function commonOf({ id, week, model, usage, chargeTokens, outcome, startedAtMs }: Common): Common {
  return { id, week, model, usage, chargeTokens, outcome, startedAtMs }
}

function toSummary(item: ConversationSummary): Static<typeof OwnSummary> {
  return { ...commonOf(item), question: item.question, answer: item.answer }
}
