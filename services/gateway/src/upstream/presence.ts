import type { Claim } from './share.ts'

/** By the names of the limits. */
export type Claims = ReadonlyMap<string, Claim>

/** What a gateway says of itself on the bus (`gateways.present`). */
export interface Presence {
  id: string
  /** On its own clock: only itself reads it. */
  saidMs: number
  /** It is its last word. */
  leaving?: boolean
  claims: Claims
  /** Whom it knows: who has just come cannot know those that have gone or stand still. */
  others: readonly Heard[]
}

/** A gateway by its last word. */
export interface Heard {
  id: string
  agoMs: number
  isGone: boolean
  claims: Claims
}

/** As it is sent: `{id, saidMs, leaving?, claims: {name: [wants, claims]}, others: [{id, agoMs, isGone, claims}]}`. */
export function presenceText({ claims, others, ...rest }: Presence): string {
  return JSON.stringify({
    ...rest,
    claims: pairsOf(claims),
    others: others.map(other => ({ ...other, claims: pairsOf(other.claims) })),
  })
}

function pairsOf(claims: Claims): Record<string, number[]> {
  return Object.fromEntries([...claims].map(([name, claim]) => [name, [claim.wants, claim.claims]]))
}

/** What was sent; null where it is something else. */
export function readPresence(text: string): Presence | null {
  try {
    const { id, saidMs, leaving, claims, others } = JSON.parse(text)
    return {
      id: textOf(id),
      saidMs: amountOf(saidMs),
      leaving: leaving === true,
      claims: readClaims(claims),
      others: others.map((other: Partial<Record<keyof Heard, unknown>>) => ({
        id: textOf(other.id),
        agoMs: amountOf(other.agoMs),
        isGone: other.isGone === true,
        claims: readClaims(other.claims),
      })),
    }
  } catch {
    return null
  }
}

function readClaims(said: unknown): Claims {
  const read = Object.entries(said as object).map(([name, [wants, claims]]): [string, Claim] => [
    name,
    { wants: amountOf(wants), claims: amountOf(claims) },
  ])
  return new Map(read)
}

function amountOf(said: unknown): number {
  if (typeof said !== 'number' || !(said >= 0)) throw new TypeError('not an amount')
  return said
}

function textOf(said: unknown): string {
  if (typeof said !== 'string') throw new TypeError('not a text')
  return said
}
