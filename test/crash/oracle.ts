import type { Entry, Evidence } from './evidence.ts'
import type { Seen } from './load.ts'

/**
 * What must be true whenever the system has come to rest, whatever has happened to it. The judge is pure: it gets what
 * clients saw and what was left behind, and answers every contradiction as a sentence; none is the only good answer.
 */
export interface History {
  seen: readonly Seen[]
  /** When Redis lost its data: what was held at such a moment is unknown until it settles (the bound of P1). */
  wipedAtMs: readonly number[]
  /** How long a hold lives that nobody ends. */
  holdTtlMs: number
}

/** An expired hold is in the ledger within this time. */
const EXPIRY_ROUND_MS = 2000

export function contradictions(history: History, evidence: Evidence): string[] {
  const ends = Map.groupBy(
    evidence.ledger.filter(entry => entry.reservation !== null),
    entry => entry.reservation ?? '',
  )
  return [
    ...oneEnd(ends),
    ...everyHoldEnded(history, evidence, ends),
    ...answersKept(history, evidence, ends),
    ...recordsCharged(evidence, ends),
    ...balancesAgree(evidence),
    ...neverOverspent(history, evidence, ends),
    ...nothingLeft(evidence),
  ]
}

type Ends = Map<string, Entry[]>

/** P2: settled, released or expired; only a settlement may follow an expiry. */
function oneEnd(ends: Ends): string[] {
  const allowed = ['settle', 'release', 'expire', 'expire settle']
  return [...ends].flatMap(([id, entries]) => {
    const kinds = entries
      .map(({ kind }) => kind)
      .sort()
      .join(' ')
    return allowed.includes(kinds) ? [] : [`P2: reservation ${id} ended by ${kinds}`]
  })
}

/** P2 P4: whoever was admitted has an end, unless Redis lost the hold and no record came to tell of it. */
function everyHoldEnded(
  { seen, wipedAtMs, holdTtlMs }: History,
  { records }: Evidence,
  ends: Ends,
): string[] {
  const kept = new Set(records.map(({ id }) => id))
  return seen.flatMap(({ id, admitted, tookMs }) => {
    if (!admitted || id === null || ends.has(id)) return []
    const beganAtMs = timeOf(id)
    // Its gateway may have died before Redis did: the hold was open all the same.
    const openMs = Math.max(tookMs, holdTtlMs + EXPIRY_ROUND_MS)
    const lost = wipedAtMs.some(atMs => beganAtMs <= atMs && atMs <= beganAtMs + openMs)
    return lost && !kept.has(id) ? [] : [`P4: the hold ${id} has no end`]
  })
}

/** P3 P2: an answer seen to its end is on record, and charged once, with the tokens that its client was told. */
function answersKept({ seen }: History, { records }: Evidence, ends: Ends): string[] {
  const kept = new Map(records.map(record => [record.id, record]))
  return seen.flatMap(({ id, ended, tokens, kind }) => {
    if (!ended || id === null) return []
    const record = kept.get(id)
    if (!record) return [`P3: the answer ${id} (${kind}) was seen and is not on record`]
    const charged = sum(ends.get(id)?.filter(entry => entry.kind === 'settle'))
    const faults: string[] = []
    if (tokens === null || tokens <= 0) faults.push(`P3: the answer ${id} told no tokens`)
    if (record.outcome !== 'completed') faults.push(`P3: the answer ${id} is on record as ${record.outcome}`)
    if (record.charge !== tokens || charged !== -tokens)
      faults.push(`P2: the answer ${id} told ${tokens} tokens; record ${record.charge}, ledger ${charged}`)
    return faults
  })
}

/** P2: the two readers of the stream agree: each record has its end, with its charge, and each charge its record. */
function recordsCharged({ records, ledger }: Evidence, ends: Ends): string[] {
  const kept = new Set(records.map(({ id }) => id))
  const unexplained = ledger.flatMap(({ kind, reservation }) =>
    kind === 'settle' && !kept.has(reservation ?? '')
      ? [`P2: ${reservation} is charged without a record`]
      : [],
  )
  const uncharged = records.flatMap(({ id, charge }) => {
    const own = ends.get(id)
    if (!own) return [`P2: the record ${id} has no end in the ledger`]
    const charged = -sum(own.filter(({ kind }) => kind === 'settle'))
    return charged === charge ? [] : [`P2: the record ${id} says ${charge}, the ledger ${charged}`]
  })
  return [...unexplained, ...uncharged]
}

/** P2 P4: the balance that is shown (Redis) is the sum of the ledger (Postgres), and nothing is held. */
function balancesAgree({ balances, ledger }: Evidence): string[] {
  return [...balances].flatMap(([student, { granted, used, held, remaining }]) => {
    const own = ledger.filter(entry => entry.student === student)
    const given = sum(own.filter(({ kind }) => kind === 'allowance' || kind === 'grant'))
    const spent = -sum(own.filter(({ kind }) => kind === 'settle'))
    const shown = JSON.stringify({ granted, used, held, remaining })
    const due = JSON.stringify({ granted: given, used: spent, held: 0, remaining: given - spent })
    return shown === due ? [] : [`P2: the balance of ${student} is ${shown}, by the ledger ${due}`]
  })
}

/** P1: nobody is below zero, but by what was charged for holds that Redis did not know when they settled. */
function neverOverspent({ wipedAtMs }: History, { balances, ledger }: Evidence, ends: Ends): string[] {
  const unknown = (entry: Entry) => {
    const beganAtMs = timeOf(entry.reservation ?? '')
    const expired = ends.get(entry.reservation ?? '')?.some(({ kind }) => kind === 'expire')
    return expired || wipedAtMs.some(atMs => beganAtMs <= atMs && atMs <= entry.atMs)
  }
  return [...balances].flatMap(([student, { remaining }]) => {
    const settled = ledger.filter(entry => entry.student === student && entry.kind === 'settle')
    const excused = -sum(settled.filter(unknown))
    return remaining + excused >= 0
      ? []
      : [`P1: ${student} is at ${remaining}, of which ${excused} is excused`]
  })
}

/** P4 P11: no hold, no message and no dead letter is left; nothing waits for a person. */
function nothingLeft({ leftInRedis, unconsumed, deadLetters, alarms }: Evidence): string[] {
  return [
    ...leftInRedis.map(name => `P4: left in Redis: ${name}`),
    ...Object.entries(unconsumed).flatMap(([name, count]) =>
      count > 0 ? [`P11: ${count} wait at ${name}`] : [],
    ),
    ...(deadLetters > 0 ? [`P11: ${deadLetters} dead letters`] : []),
    ...alarms.map(line => `P11: ${line}`),
  ]
}

function sum(entries: readonly Entry[] = []): number {
  return entries.reduce((total, { tokens }) => total + tokens, 0)
}

/** When a UUIDv7 was made. */
export function timeOf(id: string): number {
  return Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)
}
