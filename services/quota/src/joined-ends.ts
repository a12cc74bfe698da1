import { ATTRIBUTE } from '@lectern/shared/attributes.ts'
import { inScriptSpan } from '@lectern/shared/redis/script.ts'
import { untraced } from '@lectern/shared/spans.ts'
import type { Bucket } from './store/keys.ts'
import type { EndAnswer, Ending, Reservations } from './store/reservations.ts'
import { settleScript } from './store/scripts.ts'

// In front of a reservation that comes at the same time these are a few milliseconds of work for Redis.
const SCRIPTS_AT_ONCE = 4
const ENDS_AT_ONCE = 16

/** Ends one hold, in the trace of the request that asks for it. */
export type EndHold = (bucket: Bucket, ending: Ending) => Promise<EndAnswer>

interface Waiting {
  ending: Ending
  resolve(answer: EndAnswer): void
  reject(error: unknown): void
}

/**
 * Ends that come together, or while others of their bucket are on their way, are one call of the script: most of what an end
 * costs is the call. In each bucket first come, first served; some at a time, for a consumer that begins anew brings thousands.
 */
export function createJoinedEnds({ end }: Pick<Reservations, 'end'>): EndHold {
  const queues = new Map<Bucket, Waiting[]>()
  const inTurn = createTurns(SCRIPTS_AT_ONCE)

  async function endSome(bucket: Bucket, queue: Waiting[]): Promise<void> {
    const taken = queue.splice(0, ENDS_AT_ONCE)
    try {
      const answers = await end(
        bucket,
        taken.map(({ ending }) => ending),
      )
      if (answers.length !== taken.length)
        throw new Error(`${answers.length} answers of ${taken.length} ends`)
      for (const [place, answer] of answers.entries()) taken[place]?.resolve(answer)
    } catch (error) {
      for (const { reject } of taken) reject(error)
    }
  }

  async function endAll(bucket: Bucket, queue: Waiting[]): Promise<void> {
    while (queue.length > 0) await inTurn(() => endSome(bucket, queue))
    queues.delete(bucket)
  }

  function join(bucket: Bucket, ending: Ending): Promise<EndAnswer> {
    return new Promise((resolve, reject) => {
      const queue = queues.get(bucket)
      if (queue) return void queue.push({ ending, resolve, reject })
      const begun = [{ ending, resolve, reject }]
      queues.set(bucket, begun)
      // After all that this turn of the event loop brings. The call is no single request's: each has its own span of it.
      setImmediate(() => untraced(() => endAll(bucket, begun)))
    })
  }

  return (bucket, ending) =>
    inScriptSpan(settleScript.name, bucket, async span => {
      const answer = await join(bucket, ending)
      span.setAttribute(ATTRIBUTE.scriptReply, answer.state)
      return answer
    })
}

/** Does so much at once and lets the rest wait, first come, first served. */
function createTurns(most: number) {
  const waiting: (() => void)[] = []
  let running = 0
  return async (work: () => Promise<void>): Promise<void> => {
    if (running < most) running += 1
    // Whoever is called takes the place of one that has ended.
    else await new Promise<void>(resolve => waiting.push(resolve))
    try {
      await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running -= 1
    }
  }
}
