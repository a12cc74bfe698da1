import { LecternError } from '@lectern/shared/errors.ts'
import type { Alarms } from '../alarms.ts'
import { parseEnd, type RecordedEnd } from '../end.ts'
import type { AppliedEnd, RecordEnds } from '../settlement.ts'
import { bucketFor } from '../store/keys.ts'
import type { Reservations } from '../store/reservations.ts'

/** What is read of a message of the stream, and kept with it. */
interface RecordMessage {
  seq: number
  headers?: { get(name: string): string } | undefined
  /** How its hold ends; absent before, and after it has failed. Here, and in no Map: `slab.ts` says why. */
  applying?: Promise<AppliedEnd> | undefined
}

// In front of a reservation that comes at the same time these are a few milliseconds of work for Redis.
const AT_ONCE = 64

/**
 * A completion was recorded: its hold ends. In Redis as soon as the message arrives, so that the tokens are free again also
 * while Postgres is away; in the ledger with its batch, before which the message is not acknowledged.
 */
export interface CompletionRecorded {
  /** For some at a time, in order of arrival: a consumer that begins anew brings thousands at once. */
  onArrival(message: RecordMessage): Promise<void>
  onBatch(messages: readonly RecordMessage[]): Promise<void>
}

export function completionRecorded({
  reservations,
  record,
  alarms,
}: {
  reservations: Reservations
  record: RecordEnds
  alarms: Alarms
}): CompletionRecorded {
  const inTurn = createTurns(AT_ONCE)

  async function apply(message: RecordMessage): Promise<AppliedEnd> {
    const end = parseEnd(message.headers)
    const { reservationId, kind, chargeTokens, courseId, studentId, week } = end
    const account = { studentId, week }
    const answer = await reservations.end(bucketFor(courseId), { reservationId, kind, chargeTokens, account })
    if (answer.state === 'conflict') {
      throw new LecternError('invalid_request', { message: `Reservation ${reservationId} ended otherwise.` })
    }
    if (answer.state === 'fresh') warn(end, answer)
    return { ...end, state: answer.state }
  }

  function warn(
    { reservationId, chargeTokens }: RecordedEnd,
    { wasExpired, tokensHeld }: { wasExpired: boolean; tokensHeld: number },
  ): void {
    if (wasExpired) alarms.settledLate({ reservationId, chargeTokens })
    if (chargeTokens > tokensHeld) alarms.overcharged({ reservationId, chargeTokens, tokensHeld })
  }

  function start(message: RecordMessage): Promise<AppliedEnd> {
    const applying = inTurn(() => apply(message))
    // Whoever awaits it sees the failure; nobody may have come to that yet.
    applying.catch(() => {
      message.applying = undefined
    })
    message.applying = applying
    return applying
  }

  return {
    async onArrival(message) {
      // Its failure is the batch's, which tries it again.
      await start(message).catch(() => undefined)
    },
    async onBatch(messages) {
      await record(await Promise.all(messages.map(message => message.applying ?? start(message))))
    },
  }
}

/** Does so much at once and lets the rest wait, first come, first served. */
function createTurns(most: number) {
  const waiting: (() => void)[] = []
  let running = 0
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (running < most) running += 1
    // Whoever is called takes the place of one that has ended.
    else await new Promise<void>(resolve => waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running -= 1
    }
  }
}
