import { DEADLETTER_PREFIX, HEADER } from '@lectern/shared/contracts/subjects.ts'
import type { BatchHandler } from '@lectern/shared/nats/consumer.ts'
import type { DeadLetter, DeadLetters } from '../store/dead-letters.ts'

/** `deadletter.<consumer>`: keeps what any consumer could not store, so that staff can find it after the stream forgets. */
export function deadLetterPut(deadLetters: DeadLetters): BatchHandler {
  return messages => deadLetters.keep(messages.map(toDeadLetter))
}

function toDeadLetter(message: Parameters<BatchHandler>[0][number]): DeadLetter {
  const { headers, subject } = message
  return {
    id: `${message.seq}@${message.timestampNanos}`,
    consumer: subject.slice(DEADLETTER_PREFIX.length + 1),
    subject,
    headers: Object.fromEntries(headers ?? []),
    body: message.data,
    reason: headers?.get(HEADER.reason) ?? '',
    at: message.time,
  }
}
