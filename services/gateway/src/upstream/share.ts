/** What one gateway says of one limit. */
export interface Claim {
  /** What it has in use, and what waits for more. */
  wants: number
  /** What nobody else may use: its part, and what it still uses of a greater one. */
  claims: number
}

/** What counts against a limit at one gateway. */
export interface Usage {
  readonly used: number
  readonly waiting: number
}

/** What the others have said of the same limit, and what of our own words they are sure to have heard. */
export interface Others {
  /** What each gateway wants, in an order that is the same at all of them. */
  wants: readonly number[]
  /** Which of them is this one. */
  place: number
  /** What the others have claimed together. */
  taken: number
  /** All that was said on the bus before this moment has been heard here. */
  heardUntilMs: number
}

/** A claim is used only when it was public for so long: a bus of several servers delivers in much less. */
const PUBLIC_FOR_MS = 200

/**
 * This gateway's part of one limit. All of them reckon the parts in the same way from what they have told each other; but a part
 * grows in two steps, so that the sum stays within the limit also while they know different things: first it is claimed, as
 * far as the others' claims leave room, and only when all that was said meanwhile has been heard and there is still room, it is
 * used. A part shrinks at once, but what is in use stays claimed until it has ended.
 */
export class Share {
  readonly limit: number
  /** Whether what was used counts for a minute, also when its gateway has gone. */
  readonly isPerMinute: boolean
  readonly #usage: Usage
  #usable = 0
  #raise: { to: number; saidAtMs: number } | null = null

  constructor(limit: number, usage: Usage, isPerMinute: boolean) {
    this.limit = limit
    this.isPerMinute = isPerMinute
    this.#usage = usage
  }

  get usable(): number {
    return this.#usable
  }

  /** Whether requests wait here for more than this gateway may use. */
  get isShort(): boolean {
    return this.#usage.waiting > 0
  }

  /** Whether a greater part is claimed and not yet used. */
  get isGrowing(): boolean {
    return this.#raise !== null
  }

  get claim(): Claim {
    const { used, waiting } = this.#usage
    return { wants: used + waiting, claims: Math.max(this.#usable, this.#raise?.to ?? 0, used) }
  }

  /** What remains claimed where this gateway leaves: of a minute what was used in it. */
  get lastClaim(): Claim {
    return { wants: 0, claims: this.isPerMinute ? this.#usage.used : 0 }
  }

  /** The claim has just been sent. */
  said(atMs: number): void {
    if (this.#raise) this.#raise.saidAtMs = Math.min(this.#raise.saidAtMs, atMs)
  }

  /** Whether another word must come back before the claim can be used. */
  mustBeSaidAgain(nowMs: number): boolean {
    return this.#raise !== null && nowMs >= this.#raise.saidAtMs + PUBLIC_FOR_MS
  }

  /** Nothing may be used until others have been heard. */
  lose(): void {
    this.#usable = 0
    this.#raise = null
  }

  /** Reckons the part anew; answers whether there is something new to be said. */
  reckon({ wants, place, taken, heardUntilMs }: Others): boolean {
    const before = this.claim.claims
    const part = fairParts(this.limit, wants)[place] ?? 0
    const possible = Math.min(part, Math.max(0, this.limit - taken))
    if (this.#raise && possible < this.#raise.to) this.#raise = null
    if (this.#raise && heardUntilMs >= this.#raise.saidAtMs + PUBLIC_FOR_MS) {
      this.#usable = this.#raise.to
      this.#raise = null
    }
    if (possible < this.#usable) this.#usable = possible
    else if (possible > this.#usable && !this.#raise) {
      this.#raise = { to: possible, saidAtMs: Number.POSITIVE_INFINITY }
    }
    return this.claim.claims !== before
  }
}

/**
 * A limit in whole parts: everybody gets what it wants, as far as that can be had without taking more than an even part from
 * who wants more (max-min fairness); what is left over is spread evenly.
 */
export function fairParts(limit: number, wants: readonly number[]): number[] {
  const parts = wants.map(() => 0)
  let rest = limit
  const hand = (places: readonly number[], most: (place: number) => number): void => {
    for (const [index, place] of places.entries()) {
      const more = Math.min(most(place), Math.floor(rest / (places.length - index)))
      parts[place] = (parts[place] ?? 0) + more
      rest -= more
    }
  }
  const places = wants.map((_, place) => place)
  // The least first: what they do not need is there for the others. Who waits with the most gets what cannot be divided.
  hand(
    places.toSorted((a, b) => (wants[a] ?? 0) - (wants[b] ?? 0) || a - b),
    place => wants[place] ?? 0,
  )
  hand(places, () => rest)
  return parts
}
