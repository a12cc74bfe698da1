import { setTimeout as delay } from 'node:timers/promises'
import { LOGGER_CONSUMER, QUOTA_CONSUMER, RECORDS_STREAM } from '@lectern/shared/contracts/subjects.ts'
import type { Test } from '@lectern/shared/testing/servers.ts'
import { jetstreamManager } from '@nats-io/jetstream'
import { connect, type NatsConnection, nanos } from '@nats-io/transport-node'
import { type Random, seeded } from '../random.ts'
import { startReplica } from '../replica.ts'
import { type Student, startSystem } from '../system.ts'
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
  /** What was done, line by line, with times: for the report of a failure. */
  readonly log: readonly string[]
}

const [TOTAL_TIMEOUT_MS, HOLD_MARGIN_MS] = [3000, 2000]
/** A few answers of a tight student, who gets as much again whenever that is used up: budgets are at their ends all the time. */
const TIGHT_TOKENS = 200
const REST_MS = 45_000
const LOOK_MS = 100
/** A service that was killed is there again within this time. */
const STARTED_MS = 10_000
/** Longer than the third of ten seconds after which a consumer says that it is still alive. */
const ACK_WAIT_MS = 5000
const NOTHING = () => undefined
/** The launcher gives up on what dies several times within ten seconds of being ready. */
const APART_MS = 13_000

/** Starts a whole system with short deadlines, eight students and a second quota process. */
export async function openSession(t: Test, seed: number): Promise<Session> {
  const system = await startSystem(t, {
    env: {
      TOTAL_TIMEOUT_MS: String(TOTAL_TIMEOUT_MS),
      HOLD_MARGIN_MS: String(HOLD_MARGIN_MS),
      // Drift must not stay unseen between two looks of the oracle.
      RECONCILE_AGE_MS: '1000',
      EXPIRE_INTERVAL_MS: '250',
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
  const refill = ({ id }: Student) => grant(id, TIGHT_TOKENS).then(NOTHING, NOTHING)
  const load = createLoad(system, { ample, tight, refill }, seed)
  const wipedAtMs: number[] = []
  const holdTtlMs = TOTAL_TIMEOUT_MS + HOLD_MARGIN_MS
  const site: Site = { system, secondQuota, bus, wipedAtMs, holdTtlMs }
  const diedAtMs = new Map<string, number>()
  const log: string[] = []
  const openedAtMs = performance.now()
  const note = (text: string) =>
    log.push(`${((performance.now() - openedAtMs) / 1000).toFixed(1)} s  ${text}`)

  async function launcherBears(faults: readonly Fault[]): Promise<void> {
    const died = faults.filter(({ kills }) => kills).map(({ hits }) => diedAtMs.get(hits) ?? -APART_MS)
    const waitMs = Math.max(...died, -APART_MS) + APART_MS - performance.now()
    if (waitMs <= 0) return
    note('waits, so that the launcher does not give up')
    await delay(waitMs)
  }

  /** One fault, at a moment that chance decides; answers why it could not be carried out. */
  async function strike(fault: Fault): Promise<string[]> {
    // A chance of its own: how often one fault throws the dice must not change the next one.
    const own = seeded(random.between(0, 2 ** 31))
    await delay(own.between(200, 700))
    note(fault.name)
    try {
      await fault.strike(site, own)
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
      await delay(LOOK_MS)
    }
  }
  async function judge(): Promise<string[]> {
    const evidence = await collect(system, students, bus)
    return contradictions({ seen: load.seen, wipedAtMs, holdTtlMs }, evidence)
  }
  /** Every student has asked before: what is in use outlives an outage of Postgres, what is not cannot. */
  await Promise.all(students.map(student => request(system.demo.gatewayUrl, student, 'whole', random)))

  /**
   * After every outage an answer comes again, for everybody who has tokens. Not at once where prompts and the bus died
   * together: prompts may still be starting, and what the gateway remembered is gone with the bus.
   */
  async function answersAgain(): Promise<string[]> {
    const giveUpAtMs = performance.now() + STARTED_MS
    for (;;) {
      const answers = await Promise.all(
        ample.map(student => request(system.demo.gatewayUrl, student, 'whole', seeded(seed))),
      )
      const onlyLater = answers.every(answer => answer.ended || isRefusal(answer))
      const found = wrongAnswers(answers, { noticed: 'nothing', isTight: () => false })
      if (found.length === 0 || !onlyLater || performance.now() > giveUpAtMs) return found
      await delay(LOOK_MS)
    }
  }

  return {
    log,
    async round(faults) {
      await launcherBears(faults)
      await redeliverSoon(bus)
      const from = load.seen.length
      load.go()
      const misfires = (await Promise.all(faults.map(strike))).flat()
      await delay(random.between(200, 700))
      await load.pause()
      const quietAtMs = performance.now()
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
      const restMs = Math.round(performance.now() - quietAtMs)
      note(`at rest after ${restMs} ms: ${counts}, ${complaints.length} complaints`)
      return { complaints, requests: seen.length, refusals, denials }
    },
  }
}

/** What a dead replica had in hand comes to another in half the time: it is most of what a round waits for. */
async function redeliverSoon(bus: NatsConnection): Promise<void> {
  const manager = await jetstreamManager(bus)
  for (const name of [QUOTA_CONSUMER, LOGGER_CONSUMER])
    await manager.consumers.update(RECORDS_STREAM, name, { ack_wait: nanos(ACK_WAIT_MS) })
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

/** One fault, or two at once, as chance decides; what has just died is left alone for some rounds. */
export function chooseFaults(
  all: readonly Fault[],
  before: readonly (readonly Fault[])[],
  random: Random,
): Fault[] {
  const recent = before.slice(-3).flat()
  const able = random
    .shuffled(all)
    .filter(({ kills, hits }) => !kills || !recent.some(other => other.kills && other.hits === hits))
  const [first, ...others] = able
  const second = others.find(({ hits }) => hits !== first?.hits)
  return [first, random.between(1, 3) === 1 ? second : undefined].filter(fault => fault !== undefined)
}
