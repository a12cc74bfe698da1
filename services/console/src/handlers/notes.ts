import { randomUUIDv7 } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  AddNoteCall,
  FlagConversationCall,
  ListNotesCall,
  Note,
  RemoveNoteCall,
} from '@lectern/shared/contracts/conversations.ts'
import { RequestId } from '@lectern/shared/contracts/fields.ts'
import { requester } from '@lectern/shared/nats/requester.ts'
import { Type } from 'typebox'
import type { HandlerOptions } from '../app.ts'
import { actorOf } from '../caller.ts'
import { ConversationParams, closedObject, failures, PageOnly, pageOf } from '../schemas.ts'

const { text } = AddNoteCall.request.properties
const tags = ['conversations']

/** What staff add to a conversation: a flag and notes, kept by the logger. */
export const notes: FastifyPluginAsyncTypebox<HandlerOptions> = async (app, { nc }) => {
  const flag = requester(nc, FlagConversationCall)
  const listNotes = requester(nc, ListNotesCall)
  const addNote = requester(nc, AddNoteCall)
  const removeNote = requester(nc, RemoveNoteCall)

  app.put(
    '/conversations/:id/flag',
    {
      schema: {
        tags,
        summary: 'Mark a conversation for a second look, or take the mark away',
        params: ConversationParams,
        body: closedObject({ flagged: Type.Boolean() }),
        response: { 200: FlagConversationCall.reply, ...failures },
      },
    },
    async request => flag({ id: request.params.id, flagged: request.body.flagged, actor: actorOf(request) }),
  )

  app.get(
    '/conversations/:id/notes',
    {
      schema: {
        tags,
        summary: 'The notes of staff about a conversation, oldest first',
        params: ConversationParams,
        querystring: PageOnly,
        response: { 200: pageOf(Note), ...failures },
      },
    },
    async request => listNotes({ id: request.params.id, ...request.query }),
  )

  app.post(
    '/conversations/:id/notes',
    {
      schema: {
        tags,
        summary: 'Write a note about a conversation',
        params: ConversationParams,
        body: closedObject({ text }),
        response: { 201: Note, ...failures },
      },
    },
    async (request, reply) => {
      const noteId = randomUUIDv7()
      const note = await addNote({
        noteId,
        id: request.params.id,
        text: request.body.text,
        actor: actorOf(request),
      })
      return reply.code(201).send(note)
    },
  )

  app.delete(
    '/conversations/:id/notes/:note',
    {
      schema: {
        tags,
        summary: 'Remove a note of your own',
        params: Type.Object({ id: RequestId, note: RequestId }),
        response: { 200: Note, ...failures },
      },
    },
    async request =>
      removeNote({ id: request.params.id, noteId: request.params.note, actor: actorOf(request) }),
  )
}
