import { cpSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { LOGGER_CONSUMER, QUOTA_CONSUMER, RECORDS_STREAM } from '@lectern/shared/contracts/subjects.ts'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { headers, type NatsConnection } from '@nats-io/transport-node'
import type { Random } from '../random.ts'
import type { Replica } from '../replica.ts'
import { type System, until } from '../system.ts'
import type { Noticed } from './answers.ts'

/** Where faults strike. */
export interface Site {
  system: System
  /** The quota process beside the launched one. */
  secondQuota: Replica
  bus: NatsConnection
  wipedAtMs: number[]
  /** How long an abandoned hold lives. */
  holdTtlMs: number
}

export interface Fault {
  name: string
  noticed: Noticed
  /** The launched process that it needs for itself: two faults at once have different ones. */
  hits: string
  /** Whether that one dies of it: the launcher gives up on what dies too often. */
  kills: boolean
  /** Resolves when the fault is over; what it broke may still be getting up. */
  strike(site: Site, random: Random): Promise<void>
}

/** Kills one process with -9 and keeps it away: the launcher, which would start it again at once, stands still meanwhile. */
async function kill({ system }: Site, name: string, awayMs: number, atOnce = () => {}): Promise<void> {
  const { pids } = await system.refresh()
  const pid = pids[name]
  if (pid === undefined) throw new Error(`${name} does not run`)
  process.kill(system.pid, 'SIGSTOP')
  try {
    process.kill(pid, 'SIGKILL')
    atOnce()
    await delay(awayMs)
  } finally {
    process.kill(system.pid, 'SIGCONT')
  }
  const isAnother = async () => ![undefined, pid].includes((await system.refresh()).pids[name])
  await until(isAnother, `${name} is started again`)
}

/** Makes one process stand still: to the others it is there, and does not answer. */
async function freeze({ system }: Site, name: string, ms: number): Promise<void> {
  const pid = (await system.refresh()).pids[name] ?? 0
  if (pid === 0) throw new Error(`${name} does not run`)
  process.kill(pid, 'SIGSTOP')
  try {
    await delay(ms)
  } finally {
    process.kill(pid, 'SIGCONT')
  }
}

async function killEveryQuota(site: Site, awayMs: number): Promise<void> {
  await Promise.all([site.secondQuota.kill(), kill(site, 'quota', awayMs)])
  await site.secondQuota.start()
}

const redisFiles = ({ system }: Site) => join(system.home, 'redis', 'appendonlydir')

function wipeRedis(site: Site, awayMs: number): Promise<void> {
  return kill(site, 'redis', awayMs, () => {
    site.wipedAtMs.push(Date.now())
    rmSync(redisFiles(site), { recursive: true, force: true })
  })
}

/** A copy of its files that was made while it ran takes the place of the newer ones: what it knew since is lost. */
async function restoreOlderRedis(site: Site, ageMs: number, awayMs: number): Promise<void> {
  const older = join(site.system.home, 'older-redis')
  cpSync(redisFiles(site), older, { recursive: true })
  await delay(ageMs)
  await kill(site, 'redis', awayMs, () => {
    site.wipedAtMs.push(Date.now())
    rmSync(redisFiles(site), { recursive: true, force: true })
    renameSync(older, redisFiles(site))
  })
}

/** Publishes recent records again, in any order: with their ids (the bus drops them), then without (it cannot). */
async function republish({ bus }: Site, random: Random): Promise<void> {
  const js = jetstream(bus)
  const { state } = await (await jetstreamManager(bus)).streams.info(RECORDS_STREAM)
  if (state.messages === 0) return
  const consumer = await js.consumers.get(RECORDS_STREAM, {
    opt_start_seq: Math.max(state.first_seq, state.last_seq - 100),
  })
  const messages = []
  for await (const message of await consumer.fetch({ max_messages: 101, expires: 1000 }))
    messages.push(message)
  for (const keepsId of [true, false]) {
    for (const message of random.shuffled(messages)) {
      const copied = headers()
      for (const [name, values] of message.headers ?? []) {
        if (keepsId || name !== 'Nats-Msg-Id') for (const value of values) copied.append(name, value)
      }
      await js.publish(message.subject, message.data, { headers: copied })
    }
  }
}

const MOST_LATE_MS = 1500

/** Takes new records from both consumers as one more replica, and gives them back: they come late, after younger ones. */
async function giveBackLate({ bus }: Site, random: Random): Promise<void> {
  // Another fault at the same time may let no record through for some seconds.
  const giveUpAtMs = performance.now() + 10_000
  const takeSome = async (name: string): Promise<void> => {
    const consumer = await jetstream(bus).consumers.get(RECORDS_STREAM, name)
    for (let taken = 0; taken === 0; ) {
      if (performance.now() > giveUpAtMs) throw new Error(`${name} has nothing to take`)
      for await (const message of await consumer.fetch({ max_messages: 100, expires: 1500 })) {
        message.nak(random.between(0, MOST_LATE_MS))
        taken += 1
      }
    }
  }
  await Promise.all([QUOTA_CONSUMER, LOGGER_CONSUMER].map(takeSome))
  // Younger ones must overtake them.
  await delay(MOST_LATE_MS)
}

/** Loses the positions of both consumers: they begin again with the first record of the stream. */
async function forgetPositions({ bus }: Site): Promise<void> {
  const manager = await jetstreamManager(bus)
  await manager.consumers.delete(RECORDS_STREAM, QUOTA_CONSUMER)
  await manager.consumers.delete(RECORDS_STREAM, LOGGER_CONSUMER)
}

function killed(name: string, noticed: Noticed, { least = 0, most = 3000 } = {}): Fault {
  return {
    name: `${name} is killed`,
    noticed,
    hits: name,
    kills: true,
    strike: (site, random) => kill(site, name, random.between(least, most)),
  }
}

function frozen(name: string, noticed: Noticed): Fault {
  return {
    name: `${name} stands still`,
    noticed,
    hits: name,
    kills: false,
    strike: (site, random) => freeze(site, name, random.between(200, 3000)),
  }
}

// Postgres's own children need a moment to notice that it is dead; until then it cannot be started.
const POSTGRES_AWAY = { least: 1000, most: 4000 }

export const FAULTS = {
  oneQuota: killed('quota', 'nothing'),
  everyQuota: {
    name: 'every quota process is killed',
    noticed: 'refusals',
    hits: 'quota',
    kills: true,
    strike: (site, random) => killEveryQuota(site, random.between(500, 2000)),
  },
  redis: killed('redis', 'refusals', { least: 500 }),
  redisWiped: {
    name: 'redis is killed and its files are deleted',
    noticed: 'refusals',
    hits: 'redis',
    kills: true,
    strike: (site, random) => wipeRedis(site, random.between(500, 2000)),
  },
  redisOlder: {
    name: 'redis is killed and comes back with older files',
    noticed: 'refusals',
    hits: 'redis',
    kills: true,
    strike: (site, random) => restoreOlderRedis(site, random.between(500, 2000), random.between(500, 1500)),
  },
  nats: killed('nats', 'refusals', { least: 500 }),
  postgres: killed('postgres', 'nothing', POSTGRES_AWAY),
  postgresLong: killed('postgres', 'nothing', { least: 20_000, most: 20_000 }),
  gateway: killed('gateway', 'breaks'),
  logger: killed('logger', 'nothing'),
  prompts: killed('prompts', 'nothing'),
  quotaFrozen: frozen('quota', 'refusals'),
  redisFrozen: frozen('redis', 'refusals'),
  natsFrozen: frozen('nats', 'refusals'),
  postgresFrozen: frozen('postgres', 'nothing'),
  loggerFrozen: frozen('logger', 'nothing'),
  gatewayFrozen: {
    name: 'the gateway stands still until its holds have expired',
    noticed: 'breaks',
    hits: 'gateway',
    kills: false,
    strike: site => freeze(site, 'gateway', site.holdTtlMs + 1500),
  },
  repeats: {
    name: 'recent records are published again, in any order',
    noticed: 'nothing',
    hits: 'nats',
    kills: false,
    strike: republish,
  },
  late: {
    name: 'records come late and in another order',
    noticed: 'nothing',
    hits: 'nats',
    kills: false,
    strike: giveBackLate,
  },
  positions: {
    name: 'both consumers lose their position, and every record comes again',
    noticed: 'nothing',
    hits: 'nats',
    kills: false,
    strike: forgetPositions,
  },
} satisfies Record<string, Fault>
