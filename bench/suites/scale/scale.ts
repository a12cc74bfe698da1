import { createHash, randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Call, ReplyOf, RequestOf } from '@lectern/shared/contracts/call.ts'
import { OwnBalanceCall, ReserveCall } from '@lectern/shared/contracts/quota.ts'
import { HEADER, RECORD_COMPLETED } from '@lectern/shared/contracts/subjects.ts'
import { bucketOfCourse } from '@lectern/shared/keys.ts'
import { requester } from '@lectern/shared/nats/requester.ts'
import { traceHeaders } from '@lectern/shared/nats/tracing.ts'
import { createMeter, type Measured } from '../../machine/meter.ts'
import { type Campus, startCampus } from './campus.ts'
import { type Size, STUDENTS_A_COURSE, seed } from './seed.ts'
import { comparison } from './table.ts'

/** Whether a request costs the same among a million students as among a thousand. Both systems stand side by side and take turns. */

const SMALL: Size = { students: 1000, entriesEach: 20 }
const BIG: Size = { students: 1_000_000, entriesEach: 20 }
const QUICK: Size = { students: 20_000, entriesEach: 20 }
// Of students who are asked for the first time, and before that to warm the process up. The small system has no more.
const COLD = 800
const WARM_UP = 200
const WARM_EACH = 5
const TURN = 100
const SEED_DEADLINE_MS = 240_000

export async function scale(args: string[], say: (line: string) => void): Promise<string> {
  const big = args.includes('--small') ? QUICK : BIG
  await using closing = new AsyncDisposableStack()
  const small = await prepare(SMALL, closing, say)
  const large = await prepare(big, closing, say)
  say('measuring')
  await takeTurns([small, large], system => system.tasks.warmUp)
  for (const system of [small, large]) system.readsOfCold = await readCounter(system.campus)
  await takeTurns([small, large], system => system.tasks.cold, 'reserve, cold')
  for (const system of [small, large]) system.rowsRead = (await system.readsOfCold()) / COLD
  await takeTurns([small, large], system => system.tasks.warm, 'reserve, warm')
  await takeTurns([small, large], system => system.tasks.balance, 'balance')
  for (const system of [small, large]) system.lastEntry = await lastEntryOf(system.campus)
  await takeTurns([small, large], system => system.tasks.settle(), 'settle')
  const cut =
    large.students < big.students ? `\nTime ran out before ${big.students} students were there.\n` : ''
  return comparison(small, large) + cut
}

type Tasks = (() => Promise<unknown>)[]

export interface System {
  campus: Campus
  students: number
  entries: number
  databaseBytes: number
  pids: Record<string, number>
  tasks: { warmUp: Tasks; cold: Tasks; warm: Tasks; balance: Tasks; settle(): Tasks }
  /** The newest number of the ledger: where only settlements come in, it counts them without reading the table. */
  lastEntry: number
  /** Waits until the ledger has all settlements that were sent. */
  isSettled(): Promise<void>
  measured: Record<string, Measured>
  readsOfCold(): Promise<number>
  /** Rows that Postgres read for one cold reservation. */
  rowsRead: number
}

async function prepare(
  size: Size,
  closing: AsyncDisposableStack,
  say: (line: string) => void,
): Promise<System> {
  say(`${size.students} students, ${size.students * size.entriesEach} entries`)
  const campus = await startCampus(closing)
  const students = await seed(campus.client, size, SEED_DEADLINE_MS, say)
  const { servers, client } = campus
  const pids = { quota: await campus.startQuota(), redis: servers.redis.pid, postgres: servers.postgres.pid }
  const { rows } = await client.query('SELECT pg_database_size(current_database()) AS bytes')
  const chosen = spread(students, COLD + WARM_UP)
  const cold = chosen.slice(0, COLD)
  const warm = Array.from({ length: WARM_EACH }, () => cold).flat()
  const held: { id: string; student: number }[] = []
  let ended = 0
  const system: System = {
    campus,
    students,
    entries: students * size.entriesEach,
    databaseBytes: Number(rows[0]?.bytes),
    pids,
    tasks: {
      warmUp: chosen.slice(COLD).map(student => () => reserve(campus, student)),
      cold: cold.map(student => () => reserve(campus, student)),
      warm: warm.map(student => async () => held.push({ id: await reserve(campus, student), student })),
      balance: warm.map(student => () => balance(campus, student)),
      settle: () =>
        held.map(hold => () => {
          ended += 1
          return settle(campus, hold)
        }),
    },
    lastEntry: 0,
    async isSettled() {
      while (ended > 0 && (await lastEntryOf(campus)) < system.lastEntry + ended) await delay(5)
    },
    measured: {},
    readsOfCold: async () => 0,
    rowsRead: 0,
  }
  return system
}

/** A hundred requests here, a hundred there: what else the machine does meets both. */
async function takeTurns(
  systems: System[],
  tasksOf: (system: System) => Tasks,
  name?: string,
): Promise<void> {
  const all = systems.map(system => ({ system, tasks: tasksOf(system), meter: createMeter(system.pids) }))
  const most = Math.max(...all.map(({ tasks }) => tasks.length))
  for (let from = 0; from < most; from += TURN) {
    for (const { system, tasks, meter } of all)
      await meter.run(tasks.slice(from, from + TURN), () => system.isSettled())
  }
  if (name) for (const { system, meter } of all) system.measured[name] = meter.result()
}

/** So many students, evenly from all of them, in no order. */
function spread(students: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) =>
    Math.floor((((index * 7919) % count) * students) / count),
  )
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

function enrolment(student: number) {
  const courseId = `course-${Math.floor(student / STUDENTS_A_COURSE)}`
  const studentId = `s-${student}`
  const bucket = bucketOfCourse(courseId).toString(16).padStart(2, '0')
  return { courseId, studentId, keyHash: bucket + sha256(studentId).slice(2) }
}

function ask<C extends Call>({ nc }: Campus, call: C, request: RequestOf<C>): Promise<ReplyOf<C>> {
  return requester(nc, call)(request, { timeoutMs: 10_000 })
}

async function reserve(campus: Campus, student: number): Promise<string> {
  const reservationId = randomUUID()
  const { keyHash } = enrolment(student)
  const answer = await ask(campus, ReserveCall, {
    ...{ reservationId, keyHash, model: 'demo', inputTokens: 600, maxOutputTokens: 400, choices: 1 },
    ...{ lowerOutput: true, ttlMs: 600_000 },
  })
  if (!answer.granted) throw new Error(`not granted: ${answer.reason}`)
  return reservationId
}

async function balance(campus: Campus, student: number): Promise<void> {
  const answer = await ask(campus, OwnBalanceCall, { keyHash: enrolment(student).keyHash })
  if (!answer.known) throw new Error(`not known: ${answer.reason}`)
}

/** Until the bus has the record: that is what a gateway waits for. */
async function settle({ nc }: Campus, { id, student }: { id: string; student: number }): Promise<void> {
  const { courseId, studentId } = enrolment(student)
  const headers = traceHeaders()
  const facts = {
    ...{
      [HEADER.reservation]: id,
      [HEADER.course]: courseId,
      [HEADER.student]: studentId,
      [HEADER.week]: '4',
    },
    ...{ [HEADER.end]: 'settle', [HEADER.model]: 'demo', [HEADER.charge]: '900' },
    ...{ [HEADER.input]: '600', [HEADER.output]: '300' },
  }
  for (const [name, value] of Object.entries(facts)) headers.set(name, value)
  await nc.request(RECORD_COMPLETED, '{}', { headers, timeout: 10_000 })
}

async function lastEntryOf({ client }: Campus): Promise<number> {
  const { rows } = await client.query('SELECT last_value FROM quota.ledger_entries_id_seq')
  return Number(rows[0]?.last_value)
}

/** Counts the rows that Postgres reads from now on. */
async function readCounter({ client }: Campus): Promise<() => Promise<number>> {
  const read = async () => {
    // A session tells its numbers when it has been idle for a moment.
    await delay(2000)
    await client.query('SELECT pg_stat_clear_snapshot()')
    const { rows } = await client.query(`
      SELECT sum(coalesce(idx_tup_fetch, 0) + coalesce(seq_tup_read, 0)) AS rows FROM pg_stat_user_tables
       WHERE relname IN ('students', 'api_keys', 'ledger_entries')`)
    return Number(rows[0]?.rows)
  }
  const before = await read()
  return async () => (await read()) - before
}
