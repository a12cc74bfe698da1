import type { ReplyOf, RequestOf } from '@lectern/shared/contracts/call.ts'
import { type DenialReason, mayFitSmaller, type ReserveCall } from '@lectern/shared/contracts/quota.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import { stretchAt, stretchesOf } from '@lectern/shared/week.ts'
import { calendarOf } from './course.ts'
import type { ApiKeys, FoundKey } from './store/api-keys.ts'
import type { RedisClock } from './store/redis-clock.ts'
import type { RefusalCount, Refusals } from './store/refusals.ts'

/** Counts what is refused, by key, and adds it to the sums in Postgres now and then: what a killed replica has not added is lost. */
export interface RefusalTally {
  /** Answers as the handler does. */
  watch(handler: Handler<typeof ReserveCall>): Handler<typeof ReserveCall>
  /** Adds what was counted so far. Throws where Postgres is away; then it is kept for the next time. */
  flush(): Promise<void>
}

interface Tallied {
  keyHash: string
  reason: DenialReason
  requests: number
  lastMs: number
}

export function createRefusalTally({
  refusals,
  keys,
  clock,
}: {
  refusals: Refusals
  keys: ApiKeys
  clock: Pick<RedisClock, 'nowMs'>
}): RefusalTally {
  let counted = new Map<string, Tallied>()

  function count({ keyHash, reason, requests, lastMs }: Tallied): void {
    const name = `${keyHash} ${reason}`
    const before = counted.get(name)
    const sum = requests + (before?.requests ?? 0)
    counted.set(name, { keyHash, reason, requests: sum, lastMs: Math.max(lastMs, before?.lastMs ?? 0) })
  }

  return {
    watch: handler => async request => {
      const answer = await handler(request)
      if (isRefusal(request, answer)) {
        const { keyHash } = request
        count({ keyHash, reason: answer.reason, requests: 1, lastMs: clock.nowMs() })
      }
      return answer
    },

    async flush() {
      if (counted.size === 0) return
      const tallied = [...counted.values()]
      counted = new Map()
      try {
        const owners = await keys.findByHashes(tallied.map(({ keyHash }) => keyHash))
        await refusals.add(tallied.flatMap(each => ofOwner(owners.get(each.keyHash), each)))
      } catch (error) {
        for (const each of tallied) count(each)
        throw error
      }
    },
  }
}

type Denied = Extract<ReplyOf<typeof ReserveCall>, { granted: false }>

/** Whether a student is refused by it. Not: a key of nobody; a first question, after which the gateway asks for less. */
function isRefusal(
  { lowerOutput }: RequestOf<typeof ReserveCall>,
  answer: ReplyOf<typeof ReserveCall>,
): answer is Denied {
  if (answer.granted || answer.reason === 'invalid_api_key') return false
  return lowerOutput || !mayFitSmaller(answer)
}

function ofOwner(key: FoundKey | undefined, { reason, requests, lastMs }: Tallied): RefusalCount[] {
  // What staff try is nobody's use of the course.
  if (!key || key.student.trial) return []
  const { id: studentId, courseId, course } = key.student
  // Every instant is in one, also before and after the weeks.
  const stretch = stretchAt(stretchesOf(calendarOf(course)), lastMs)
  return stretch
    ? [{ courseId, week: stretch.week, reason, studentId, requests, lastAt: new Date(lastMs) }]
    : []
}
