import { ConversationRecord } from '@lectern/shared/contracts/records.ts'
import type { BatchHandler } from '@lectern/shared/nats/consumer.ts'
import { validator } from '@lectern/shared/schema.ts'
import { toRow } from '../record-row.ts'
import type { RecordWriter } from '../store/record-writer.ts'

/** `records.completed`: keeps a batch of records. What is no record throws, and is found by halving the batch. */
export function completionRecorded(write: RecordWriter): BatchHandler {
  const check = validator(ConversationRecord)
  return messages => write(messages.map(message => toRow(check(message.json()))))
}
