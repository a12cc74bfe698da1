import { type Answered, type Answering, clientOf, openingOf } from './answer.ts'
import type { FoundAnswer } from './answer-cache.ts'
import { type Ending, endingAgain, endingBlocked } from './outcome.ts'
import { type ReadyAnswer, readyBody, readyEvents } from './ready-answer.ts'

/** The staff's own answer, where a rule blocks the request. */
export function answerBlocked(answering: Answering, text: string): Answered {
  const ending = endingBlocked(text, answering.door.operation)
  return answerReady(answering, { text, finishReason: 'content_filter' }, ending)
}

/** An answer that was given before: no provider is asked. */
export function answerAgain(answering: Answering, found: FoundAnswer): Answered {
  return answerReady(answering, found.answer, endingAgain(found))
}

/** All of it is there, so all of it waits for its record. */
function answerReady(answering: Answering, ready: ReadyAnswer, ending: Ending): Answered {
  const { admission, body, door, reply } = answering
  return {
    ending,
    finish({ error, usage, chargeTokens }) {
      if (error) throw error
      if (body.stream) {
        const { client, stream } = clientOf(answering)
        client.write(Buffer.from(readyEvents(admission.id, body, ready, usage)))
        client.end(stream.end(usage))
      } else {
        const remaining = admission.remaining + admission.tokensHeld - chargeTokens
        const completion = Buffer.from(JSON.stringify(readyBody(admission.id, body, ready, usage)))
        void reply
          .header('x-lectern-remaining-tokens', String(remaining))
          .type('application/json')
          .send(door.whole(completion, openingOf(answering), usage))
      }
    },
  }
}
