import { ConversationRecord } from '@lectern/shared/contracts/records.ts'
import type { BatchHandler } from '@lectern/shared/nats/consumer.ts'
import { validator } from '@lectern/shared/schema.ts'
import { type RecordRow, toRow } from '../record-row.ts'
import type { RecordWriter } from '../store/record-writer.ts'

const check = validator(ConversationRecord)

/** `records.completed`: keeps a batch of records. What is no record throws, and is found by halving the batch. */
export function completionRecorded(write: RecordWriter): BatchHandler {
  // In the stream's order, so that replicas that were given the same records wait for each other instead of deadlocking.
  return messages => write(rowsOf(messages.toSorted((a, b) => a.seq - b.seq)))
}

function* rowsOf(messages: Parameters<BatchHandler>[0]): Generator<RecordRow> {
  for (const message of messages) yield toRow(check(message.json()))
}
