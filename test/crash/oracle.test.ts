import t from 'tap'
import type { Balance, Entry, Evidence } from './evidence.ts'
import type { Seen } from './load.ts'
import { contradictions, type History, timeOf } from './oracle.ts'

/** An oracle that never complains proves nothing: here the books are forged, once in each way. */

const [ANSWER, BROKEN] = ['01900000-0000-7000-8000-000000000001', '01900000-0001-7000-8000-000000000002']
const beganAtMs = timeOf(ANSWER)

function seen(id: string, more: Partial<Seen> = {}): Seen {
  return {
    ...{ student: 'ada', kind: 'whole', id, admitted: true, status: 200, code: null, retryAfter: null },
    ...{ ended: true, tokens: 70, tookMs: 50, ...more },
  }
}
function entry(kind: Entry['kind'], reservation: string | null, tokens: number): Entry {
  return { kind, student: 'ada', reservation, tokens, atMs: beganAtMs + 100 }
}
/** One answer that was seen and charged, and one that broke off with its gateway. */
const honest = (): { history: History; evidence: Evidence } => ({
  history: {
    seen: [seen(ANSWER), seen(BROKEN, { ended: false, tokens: null })],
    wipedAtMs: [],
    holdTtlMs: 5000,
  },
  evidence: {
    ledger: [entry('allowance', null, 100), entry('settle', ANSWER, -70), entry('expire', BROKEN, 0)],
    records: [{ id: ANSWER, student: 'ada', charge: 70, outcome: 'completed' }],
    balances: new Map([['ada', balance({})]]),
    leftInRedis: [],
    deadLetters: 0,
    unconsumed: { 'quota-ledger': 0 },
    alarms: [],
  },
})
function balance(more: Partial<Balance>): Balance {
  return { granted: 100, used: 70, held: 0, remaining: 30, ...more }
}

type Forgery = (books: ReturnType<typeof honest>) => void
const FORGERIES: Record<string, Forgery> = {
  'P2: reservation': ({ evidence }) => evidence.ledger.push(entry('release', ANSWER, 0)),
  'P4: the hold': ({ evidence }) => evidence.ledger.pop(),
  'P3: the answer': ({ evidence }) => evidence.records.pop(),
  'P2: the answer': ({ evidence }) => Object.assign(evidence.records[0] ?? {}, { charge: 69 }),
  'P2: the record': ({ evidence }) =>
    evidence.records.push({ id: 'other', student: 'ada', charge: 1, outcome: 'client_gone' }),
  'P2: the balance': ({ evidence }) => evidence.balances.set('ada', balance({ used: 71, remaining: 29 })),
  'P4: left in Redis': ({ evidence }) => evidence.leftInRedis.push('{q:00}:running:ada'),
  'P11: 3 wait at': ({ evidence }) => Object.assign(evidence.unconsumed, { 'quota-ledger': 3 }),
  'P11: 1 dead letters': ({ evidence }) => Object.assign(evidence, { deadLetters: 1 }),
  'P11: balance repaired': ({ evidence }) => evidence.alarms.push('balance repaired towards the ledger'),
}

t.test('P2 P3 P4 P11: the oracle is silent about honest books, and names each forgery', async t => {
  const { history, evidence } = honest()
  t.same(contradictions(history, evidence), [])
  for (const [complaint, forge] of Object.entries(FORGERIES)) {
    const books = honest()
    forge(books)
    const found = contradictions(books.history, books.evidence)
    t.ok(
      found.some(line => line.startsWith(complaint)),
      `${complaint}: ${found.join('; ')}`,
    )
  }
})

/** The student has spent 110 of 100. */
function overspent(): ReturnType<typeof honest> {
  const books = honest()
  Object.assign(books.history.seen[0] ?? {}, { tokens: 110 })
  Object.assign(books.evidence.records[0] ?? {}, { charge: 110 })
  books.evidence.ledger[1] = entry('settle', ANSWER, -110)
  books.evidence.balances.set('ada', balance({ used: 110, remaining: -10 }))
  return books
}

t.test(
  'P1: less than nothing is excused by a hold that Redis had lost or that had expired, by nothing else',
  async t => {
    const wipedAt = (atMs: number) => {
      const { history, evidence } = overspent()
      return contradictions({ ...history, wipedAtMs: [atMs] }, evidence)
    }
    const { history, evidence } = overspent()
    t.match(contradictions(history, evidence), [/^P1: ada is at -10/])
    t.match(wipedAt(beganAtMs - 1), [/^P1/], 'Redis was wiped before')
    t.match(wipedAt(beganAtMs + 101), [/^P1/], 'Redis was wiped afterwards')
    t.same(wipedAt(beganAtMs + 50), [], 'Redis was wiped while it was held')
    evidence.ledger.push(entry('expire', ANSWER, 0))
    t.same(contradictions(history, evidence), [], 'the hold had expired')
  },
)

t.test('P4: a hold without an end is excused only where Redis and the gateway both lost it', async t => {
  const { history, evidence } = honest()
  evidence.ledger.pop()
  const wipedAfter = (ms: number) =>
    contradictions({ ...history, wipedAtMs: [timeOf(BROKEN) + ms] }, evidence)
  t.same(wipedAfter(10), [])
  t.same(wipedAfter(4000), [], 'its gateway had died before')
  t.match(wipedAfter(-1), [/^P4/], 'before it was made')
  t.match(wipedAfter(10_000), [/^P4/], 'when it should have expired')
  evidence.records.push({ id: BROKEN, student: 'ada', charge: 0, outcome: 'upstream_failed' })
  t.match(wipedAfter(10), [/^P4/, /^P2/], 'a record tells of it')
})
