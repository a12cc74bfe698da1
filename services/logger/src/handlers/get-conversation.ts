import type {
  GetConversationCall,
  GetConversationCourseCall,
} from '@lectern/shared/contracts/conversations.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import type { Conversations } from '../store/conversations.ts'

/** `conversations.get`: one conversation, whole. */
export function getConversation(conversations: Conversations): Handler<typeof GetConversationCall> {
  return async ({ id }) => {
    const record = await conversations.get(id)
    if (!record) throw noSuchConversation()
    return record
  }
}

/** `conversations.course` */
export function getConversationCourse(
  conversations: Conversations,
): Handler<typeof GetConversationCourseCall> {
  return async ({ id }) => {
    const courseId = await conversations.courseOf(id)
    if (courseId === null) throw noSuchConversation()
    return { courseId }
  }
}

const noSuchConversation = () => new LecternError('not_found', { message: 'There is no such conversation.' })
