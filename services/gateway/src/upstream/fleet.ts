import { randomUUID } from 'node:crypto'
import { GATEWAYS_PRESENT } from '@lectern/shared/contracts/subjects.ts'
import { isConnected, type NatsConnection } from '@lectern/shared/nats/connect.ts'
import { within } from '../within.ts'
import { type Claims, type Presence, presenceText, readPresence } from './presence.ts'
import { type Claim, type Others, Share, type Usage } from './share.ts'

const SAY_EVERY_MS = 500
/** Where requests wait for more than this gateway may use, the others learn it sooner. */
const SAY_SHORTAGE_EVERY_MS = 150
const GONE_AFTER_MS = 3500
/** Who has not heard itself for so long may have missed what others claimed, and lets nobody in until it does. */
const FRESH_MS = 800
/** How long a newcomer listens before it claims anything: whoever does not answer in this time lets nobody in. */
const LISTEN_MS = 700
/** A minute, and what it may have used after its last word. */
const KEEP_MS = 65_000
const TICK_MS = 50
/** A start does not wait longer: then requests do, for their places. */
const JOIN_MS = 2000

interface Other {
  heardAtMs: number
  isGone: boolean
  claims: Claims
}

export interface FleetOptions {
  id?: string
  nowMs?: () => number
  /** Sends to all gateways, this one included. */
  say(presence: Presence): void
}

/**
 * The gateways on the bus, and what each of them may use of the limits that they share, without asking anybody. Each says twice a
 * second what it has and what it wants; a newcomer is answered at once; who has been silent for some seconds is gone. A gateway
 * hears its own words, too: as long as it does it knows that it hears the others, and without them it uses nothing.
 */
export class Fleet {
  readonly #id: string
  readonly #nowMs: () => number
  readonly #say: (presence: Presence) => void
  readonly #shares = new Map<string, Share>()
  readonly #others = new Map<string, Other>()
  readonly #watchers = new Set<() => void>()
  #saidAtMs = Number.NEGATIVE_INFINITY
  /** When the newest of its own words that came back was sent. */
  #heardUntilMs = Number.NEGATIVE_INFINITY
  #claimsFromMs = Number.POSITIVE_INFINITY
  #hasNews = true

  constructor({ id = randomUUID(), nowMs = () => performance.now(), say }: FleetOptions) {
    this.#id = id
    this.#nowMs = nowMs
    this.#say = say
  }

  /** How many there are, this one included. */
  get size(): number {
    return this.#present().length + 1
  }

  /** Whether it has its part of every limit. */
  get isSettled(): boolean {
    return this.#isTogether() && [...this.#shares.values()].every(({ isGrowing }) => !isGrowing)
  }

  /** Shares a limit with all that have one of the same name; answers what this gateway may use of it now. */
  share(name: string, limit: number, usage: Usage, isPerMinute: boolean): () => number {
    const share = new Share(limit, usage, isPerMinute)
    this.#shares.set(name, share)
    return () => (this.#isTogether() ? share.usable : 0)
  }

  /** Calls back whenever there may be more to use. */
  watch(watcher: () => void): void {
    this.#watchers.add(watcher)
  }

  /** Something was said on the bus. */
  hear(text: string): void {
    const presence = readPresence(text)
    if (!presence) return
    const { id, saidMs, leaving = false, claims, others } = presence
    const nowMs = this.#nowMs()
    if (id === this.#id) this.#heardUntilMs = Math.max(this.#heardUntilMs, saidMs)
    else {
      if (!this.#others.has(id)) this.#hasNews = true
      this.#others.set(id, { heardAtMs: nowMs, isGone: leaving, claims })
      for (const { id, agoMs, ...other } of others) {
        if (id === this.#id || this.#others.has(id)) continue
        this.#others.set(id, { ...other, heardAtMs: nowMs - agoMs })
      }
    }
    this.#reckon()
  }

  /** The bus was away: what the others said meanwhile is lost, and only who has listened for a while knows what is left. */
  beginAnew(): void {
    this.#heardUntilMs = Number.NEGATIVE_INFINITY
    this.#reckon()
  }

  /** To be called many times a second. */
  tick(): void {
    const nowMs = this.#nowMs()
    this.#reckon()
    const shares = [...this.#shares.values()]
    const afterMs = shares.some(({ isShort }) => isShort) ? SAY_SHORTAGE_EVERY_MS : SAY_EVERY_MS
    const isDue = nowMs - this.#saidAtMs >= afterMs || shares.some(share => share.mustBeSaidAgain(nowMs))
    if (this.#hasNews || isDue) this.#tell(nowMs)
    for (const watcher of this.#watchers) watcher()
  }

  /** The last word: from now on others may use what this gateway had. */
  leave(): void {
    this.#tell(this.#nowMs(), true)
  }

  #tell(nowMs: number, leaving = false): void {
    const said = [...this.#shares].map(([name, share]): [string, Claim] => [
      name,
      leaving ? share.lastClaim : share.claim,
    ])
    for (const share of this.#shares.values()) share.said(nowMs)
    this.#saidAtMs = nowMs
    this.#hasNews = false
    const others = [...this.#others].map(([id, { heardAtMs, ...other }]) => ({
      ...other,
      id,
      agoMs: nowMs - heardAtMs,
    }))
    this.#say({ id: this.#id, saidMs: nowMs, leaving, claims: new Map(said), others })
  }

  #reckon(): void {
    const nowMs = this.#nowMs()
    if (nowMs - this.#heardUntilMs > GONE_AFTER_MS) {
      // The others believe that this one is gone. It begins anew when it hears itself again.
      this.#claimsFromMs = Number.POSITIVE_INFINITY
      for (const share of this.#shares.values()) share.lose()
      return
    }
    if (this.#claimsFromMs === Number.POSITIVE_INFINITY) this.#claimsFromMs = nowMs + LISTEN_MS
    this.#forget(nowMs)
    if (nowMs < this.#claimsFromMs) return
    for (const [name, share] of this.#shares) {
      if (share.reckon(this.#othersOf(name, share))) this.#hasNews = true
    }
  }

  #othersOf(name: string, share: Share): Others {
    const sharing = this.#present().flatMap(([id, { claims }]) => {
      const claim = claims.get(name)
      return claim ? [{ id, ...claim }] : []
    })
    const all = [...sharing, { id: this.#id, wants: share.claim.wants }].sort((a, b) =>
      a.id < b.id ? -1 : 1,
    )
    let taken = 0
    for (const { isGone, claims } of this.#others.values()) {
      if (!isGone || share.isPerMinute) taken += claims.get(name)?.claims ?? 0
    }
    return {
      wants: all.map(({ wants }) => wants),
      place: all.findIndex(({ id }) => id === this.#id),
      taken,
      heardUntilMs: this.#heardUntilMs,
    }
  }

  #present(): [string, Other][] {
    return [...this.#others].filter(([, { isGone }]) => !isGone)
  }

  /** Who is silent is gone; what it used of a minute counts for that long. */
  #forget(nowMs: number): void {
    for (const [id, other] of this.#others) {
      const silentMs = nowMs - other.heardAtMs
      if (silentMs > GONE_AFTER_MS) other.isGone = true
      if (other.isGone && silentMs > KEEP_MS) this.#others.delete(id)
    }
  }

  #isTogether(): boolean {
    const nowMs = this.#nowMs()
    return nowMs >= this.#claimsFromMs && nowMs - this.#heardUntilMs <= FRESH_MS
  }
}

/** The gateways on a bus. */
export interface JoinedFleet {
  fleet: Fleet
  /** Resolves when this gateway has its parts, or after two seconds. */
  settled(): Promise<void>
  leave(): void
}

/** Joins the gateways on the bus. The limits that are shared must be named before the first second is over. */
export function joinFleet(nc: NatsConnection): JoinedFleet {
  const fleet = new Fleet({
    say(presence) {
      // What is said while the bus is away must not be said later.
      if (isConnected(nc)) nc.publish(GATEWAYS_PRESENT, presenceText(presence))
    },
  })
  const settled = Promise.withResolvers<void>()
  const subscription = nc.subscribe(GATEWAYS_PRESENT, {
    callback: (error, message) => void (error ?? fleet.hear(message.string())),
  })
  void (async () => {
    for await (const { type } of nc.status()) if (type === 'reconnect') fleet.beginAnew()
  })()
  const timer = setInterval(() => {
    fleet.tick()
    if (fleet.isSettled) settled.resolve()
  }, TICK_MS)
  return {
    fleet,
    settled: () => within(JOIN_MS, settled.promise),
    leave() {
      clearInterval(timer)
      subscription.unsubscribe()
      fleet.leave()
    },
  }
}
