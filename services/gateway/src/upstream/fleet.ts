import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { GATEWAYS_PRESENT } from '@lectern/shared/contracts/subjects.ts'
import { isConnected, type NatsConnection } from '@lectern/shared/nats/connect.ts'

/**
 * The gateways on the bus, as each of them sees it: so a limit is shared without asking anybody. Each says once a second that
 * it is there, a newcomer is answered at once, and who has been silent for some seconds is gone.
 */
export interface Fleet {
  /** How many there are, this one included. */
  readonly size: number
  /** This gateway's part of a limit, in whole numbers: the parts of all that know each other add up to it. */
  partOf(limit: number): number
  leave(): Promise<void>
}

interface Presence {
  id: string
  leaving?: boolean
}

const SAY_EVERY_MS = 1000
const GONE_AFTER_MS = 3500
/** How long a newcomer listens before it serves: answers come in milliseconds. */
const LISTEN_MS = 250

/** Joins the gateways on the bus; resolves when those that are there have been heard. */
export async function joinFleet(
  nc: NatsConnection,
  { id = randomUUID(), nowMs = () => performance.now() }: { id?: string; nowMs?: () => number } = {},
): Promise<Fleet> {
  const seenAtMs = new Map<string, number>([[id, Number.POSITIVE_INFINITY]])
  const say = (presence: Presence) =>
    isConnected(nc) && nc.publish(GATEWAYS_PRESENT, JSON.stringify(presence))

  const subscription = nc.subscribe(GATEWAYS_PRESENT, {
    callback(error, message) {
      const other = error ? null : readPresence(message.string())
      if (!other || other.id === id) return
      const isNew = !seenAtMs.has(other.id)
      if (other.leaving) seenAtMs.delete(other.id)
      else seenAtMs.set(other.id, nowMs())
      if (isNew && !other.leaving) say({ id })
    },
  })
  const timer = setInterval(() => {
    say({ id })
    for (const [other, atMs] of seenAtMs) {
      if (other === id) continue
      // Nobody is heard while the bus is away; that does not mean that they have gone.
      if (!isConnected(nc)) seenAtMs.set(other, nowMs())
      else if (nowMs() - atMs > GONE_AFTER_MS) seenAtMs.delete(other)
    }
  }, SAY_EVERY_MS).unref()
  say({ id })
  await delay(LISTEN_MS)

  return {
    get size() {
      return seenAtMs.size
    },
    partOf(limit) {
      const place = [...seenAtMs.keys()].sort().indexOf(id)
      return Math.floor(limit / seenAtMs.size) + (place < limit % seenAtMs.size ? 1 : 0)
    },
    async leave() {
      clearInterval(timer)
      say({ id, leaving: true })
      subscription.unsubscribe()
    },
  }
}

function readPresence(text: string): Presence | null {
  try {
    const presence: unknown = JSON.parse(text)
    const { id } = (presence ?? {}) as { id?: unknown }
    return typeof id === 'string' ? (presence as Presence) : null
  } catch {
    return null
  }
}
