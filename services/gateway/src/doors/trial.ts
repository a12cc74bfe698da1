import { Week } from '@lectern/shared/contracts/fields.ts'
import { PublishCall } from '@lectern/shared/contracts/prompts.ts'
import { Type } from 'typebox'
import { ChatBody } from '../chat.ts'
import { chatDoor } from './chat.ts'
import type { Door } from './door.ts'

const TrialBody = Type.Object({
  ...ChatBody.properties,
  /** In the place of the prompt in force; the rules are those of the week. */
  draft: Type.Object({ week: Week, text: PublishCall.request.properties.text }),
})

/** `POST /v1/trials/chat/completions`: staff try a prompt before it is published. Only keys of their trial accounts are let in. */
export const trialDoor: Door = {
  ...chatDoor,
  endpoint: '/v1/trials/chat/completions',
  summary: 'A chat completion with the draft of a prompt, for the trials of staff',
  body: TrialBody,
  toChat(body) {
    const { draft: _, ...chat } = body as ChatBody
    return chat as ChatBody
  },
  draftOf: body => (body as { draft: { week: number; text: string } }).draft,
}
