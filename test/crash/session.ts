import { setTimeout as delay } from 'node:timers/promises'
import type { Test } from '@lectern/shared/testing/servers.ts'
import { connect } from '@nats-io/transport-node'
import { type Random, seeded } from '../random.ts'
import { startReplica } from '../replica.ts'
import { startSystem } from '../system.ts'
import { isRefusal, type Noticed, wrongAnswers } from './answers.ts'
import { collect } from './evidence.ts'
import type { Fault, Site } from './faults.ts'
import { createLoad, request } from './load.ts'
import { contradictions } from './oracle.ts'

/** What a round of faults has brought to light; no complaints is the only good outcome. */
export interface Round {
  complaints: string[]
  requests: number
  /** Because something was away. */
  refusals: number
  /** Because a budget was at its end. */
  denials: number
}

export interface Session {
  /** Lets students ask, strikes, waits until all is at rest, and judges. */
  round(faults: readonly Fault[]): Promise<Round>
  /** Whether the launcher would bear the deaths of this fault now. */
  bears(fault: Fault): boolean
  /** What was done, line by line, with times: for the report of a failure. */
  readonly log: readonly string[]
}

const [TOTAL_TIMEOUT_MS, HOLD_MARGIN_MS] = [4000, 2000]
/** Some answers of a tight student, fewer than they ask for in a round; each round brings as much again. */
const TIGHT_TOKENS = 800
const REST_MS = 45_000
/** The launcher counts deaths within ten seconds of being ready. */
const APART_MS = 13_000

/** Starts a whole system with short deadlines, eight students and a second quota process. */
export async function openSession(t: Test, seed: number): Promise<Session> {
  const system = await startSystem(t, {
    env: {
      TOTAL_TIMEOUT_MS: String(TOTAL_TIMEOUT_MS),
      HOLD_MARGIN_MS: String(HOLD_MARGIN_MS),
      // Drift must not stay unseen between two looks of the oracle.
      RECONCILE_AGE_MS: '1000',
    },
    course: { weeklyTokens: TIGHT_TOKENS, requestsPerMinute: 100_000, parallelRequests: 10_000 },
  })
  // A launcher that was made to stand still could not stop anything when this process is told to end.
  const thaw = () => void process.kill(system.pid, 'SIGCONT')
  process.once('exit', thaw)
  t.teardown(() => process.off('exit', thaw))
  const secondQuota = await startReplica(t, system, 'quota')
  const bus = await connectAsOperator(system.demo.natsUrl)
  t.teardown(() => bus.close())
  const students = await system.enroll(Array.from({ length: 8 }, (_, index) => `student-${index}`))
  const [ample, tight] = [students.slice(0, 6), students.slice(6)]
  const grant = (student: string, tokens: number) =>
    system.staff('POST', `/api/students/${student}/grants`, { week: 1, tokens, reason: 'crash suite' })
  for (const { id } of ample) await grant(id, 1_000_000_000)

  const random = seeded(seed)
  const load = createLoad(system, { ample, tight }, seed)
  const wipedAtMs: number[] = []
  const site: Site = { system, secondQuota, bus, wipedAtMs, holdTtlMs: TOTAL_TIMEOUT_MS + HOLD_MARGIN_MS }
  const diedAtMs = new Map<string, number>()
  const log: string[] = []
  const openedAtMs = performance.now()
  const note = (text: string) =>
    log.push(`${((performance.now() - openedAtMs) / 1000).toFixed(1)} s  ${text}`)

  /** One fault, at a moment that chance decides; answers why it could not be carried out. */
  async function strike(fault: Fault): Promise<string[]> {
    await delay(random.between(300, 1000))
    note(fault.name)
    try {
      await fault.strike(site, random)
      return []
    } catch (error) {
      return [`${fault.name}: could not be done: ${error}`]
    } finally {
      if (fault.kills) diedAtMs.set(fault.hits, performance.now())
      note(`${fault.name}: over`)
    }
  }
  /** Asks for contradictions until there are none; answers those that stay. */
  async function complaintsAtRest(): Promise<string[]> {
    const giveUpAtMs = performance.now() + REST_MS
    for (;;) {
      const found = await judge().catch((error: unknown) => [`P11: it cannot be asked: ${error}`])
      if (found.length === 0 || performance.now() > giveUpAtMs) return found
      await delay(250)
    }
  }
  async function judge(): Promise<string[]> {
    const evidence = await collect(system, students, bus)
    return contradictions({ seen: load.seen, wipedAtMs }, evidence)
  }
  /** Every student has asked before: what is in use outlives an outage of Postgres, what is not cannot. */
  await Promise.all(students.map(student => request(system.demo.gatewayUrl, student, 'whole', random)))

  /** After every outage an answer comes again, for everybody who has tokens. */
  async function answersAgain(): Promise<string[]> {
    const answers = await Promise.all(
      ample.map(student => request(system.demo.gatewayUrl, student, 'whole', seeded(seed))),
    )
    return wrongAnswers(answers, { noticed: 'nothing', isTight: () => false })
  }

  return {
    log,
    bears: ({ hits, kills }) => !kills || performance.now() - (diedAtMs.get(hits) ?? -APART_MS) >= APART_MS,
    async round(faults) {
      for (const { id } of tight) await grant(id, TIGHT_TOKENS)
      const from = load.seen.length
      load.go()
      const misfires = (await Promise.all(faults.map(strike))).flat()
      await delay(random.between(300, 1000))
      await load.pause()
      const seen = load.seen.slice(from)
      const atRest = await complaintsAtRest()
      const tolerance = {
        noticed: worst(faults),
        isTight: (id: string) => tight.some(student => student.id === id),
      }
      const complaints = [...misfires, ...wrongAnswers(seen, tolerance), ...atRest, ...(await answersAgain())]
      const refusals = seen.filter(isRefusal).length
      const denials = seen.filter(({ status }) => status === 429).length
      const counts = `${seen.length} requests, ${refusals} refused, ${denials} over budget`
      note(`at rest: ${counts}, ${complaints.length} complaints`)
      return { complaints, requests: seen.length, refusals, denials }
    },
  }
}

function worst(faults: readonly Fault[]): Noticed {
  const order: Noticed[] = ['breaks', 'refusals', 'nothing']
  return order.find(noticed => faults.some(fault => fault.noticed === noticed)) ?? 'nothing'
}

function connectAsOperator(natsUrl: string) {
  const { host, username, password } = new URL(natsUrl)
  return connect({
    servers: host,
    user: username,
    pass: password,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
  })
}

/** Faults in an order that chance decides: one at a time, or two at once. */
export function chooseFaults(all: readonly Fault[], session: Session, random: Random): Fault[] {
  const able = random.shuffled(all).filter(fault => session.bears(fault))
  const [first, ...others] = able
  const second = others.find(({ hits }) => hits !== first?.hits)
  return [first, random.between(1, 3) === 1 ? second : undefined].filter(fault => fault !== undefined)
}
