/**
 * Every name on the bus, in one table. `infra/nats.conf` grants each service exactly its own; a test compares the two.
 * Request-reply subjects stand with their contract, as `<owner>.<noun>.<verb>`.
 */

/** Events that end a request: stored before the client sees the end of its answer (P3). */
export const RECORDS_STREAM = 'RECORDS'
export const RECORD_COMPLETED = 'records.completed'

/** What a consumer could not store, with the reason in a header. */
export const DEADLETTER_STREAM = 'DEADLETTER'
/** `deadletter.<consumer>` */
export const DEADLETTER_PREFIX = 'deadletter'

/** Durable consumers of RECORDS. */
export const QUOTA_CONSUMER = 'quota-ledger'
export const LOGGER_CONSUMER = 'logger-records'
/** Keeps dead letters, whichever consumer they come from. */
export const DEADLETTER_CONSUMER = 'logger-deadletters'

/** Broadcast: the prompts or rules of a course changed; every cache drops the course. Payload: `{courseId}`. */
export const PROMPTS_CHANGED = 'prompts.changed'

/** Broadcast: a gateway is there, with what it has and wants of the limits that are shared, or leaves. Payload: `upstream/presence.ts` of the gateway. */
export const GATEWAYS_PRESENT = 'gateways.present'

/** Broadcast: conversations of a course were stored, for consoles that show it. Payload: `contracts/conversations.ts`. */
export const CONVERSATIONS_STORED = 'logs.stored'

/** Broadcast: how much a service logs for a while. Payload: `contracts/ops.ts`. */
export const LOG_LEVEL_CHANGE = 'ops.log-level'

/** Header of any message: the id of the request for which it is sent, where there is one. */
export const REQUEST_ID_HEADER = 'Lectern-Request-Id'

/** Headers of a record, enough for the ledger, so that its consumer never reads a body. */
export const HEADER = {
  reservation: 'Lectern-Reservation',
  course: 'Lectern-Course',
  student: 'Lectern-Student',
  week: 'Lectern-Week',
  /** `settle` or `release`. */
  end: 'Lectern-End',
  model: 'Lectern-Model',
  charge: 'Lectern-Charge-Tokens',
  input: 'Lectern-Input-Tokens',
  output: 'Lectern-Output-Tokens',
  /** On a dead letter: why, and where it came from. */
  reason: 'Lectern-Reason',
} as const
