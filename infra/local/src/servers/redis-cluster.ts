import { randomInt, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { isFree } from '../ports.ts'
import { startRedis } from './redis.ts'
import type { RunningServer } from './server.ts'

/** A private Redis Cluster of 127.0.0.1 without replicas, for tests: its nodes keep nothing but their place in it. */
export interface RedisCluster {
  /** `redis+cluster://:password@127.0.0.1:port,...` */
  url: string
  nodes: ClusterNode[]
  stop(): Promise<void>
}

/** One node; it can be stopped and started again at the same address, without its data. */
export interface ClusterNode {
  readonly url: string
  readonly pid: number
  /** First and last of its hash slots. */
  slots: [number, number]
  stop(): Promise<void>
  start(): Promise<void>
}

const SLOTS = 16_384
// The nodes talk to each other on the port that is higher by this; both must be below those of outgoing connections.
const BUS_OFFSET = 10_000
const LOWEST = 20_000
const HIGHEST = 22_000
const READY_TIMEOUT_MS = 20_000

/** Starts the nodes, gives each its part of the slots, and waits until all know of all. */
export async function startRedisCluster({
  dir,
  size = 3,
}: {
  dir: string
  size?: number
}): Promise<RedisCluster> {
  const password = randomUUID()
  const ports = await freePorts(size)
  const nodes = await Promise.all(
    ports.map((port, place) => startNode(join(dir, `node-${place}`), port, password, partOf(place, size))),
  )
  const stop = async () => void (await Promise.all(nodes.map(node => node.stop())))
  try {
    await joinAll(nodes, ports)
  } catch (error) {
    await stop()
    throw error
  }
  const hosts = ports.map(port => `127.0.0.1:${port}`)
  return { url: `redis+cluster://:${password}@${hosts.join()}`, nodes, stop }
}

function partOf(place: number, size: number): [number, number] {
  const first = (index: number) => Math.floor((SLOTS * index) / size)
  return [first(place), first(place + 1) - 1]
}

async function startNode(
  dir: string,
  port: number,
  password: string,
  slots: [number, number],
): Promise<ClusterNode> {
  const start = () => startRedis({ dir, port, throwaway: true, cluster: { password } })
  let running: RunningServer | undefined = await start()
  let { url, pid } = running
  return {
    get url() {
      return url
    },
    get pid() {
      return pid
    },
    slots,
    async stop() {
      await running?.stop()
      running = undefined
    },
    async start() {
      running ??= await start()
      url = running.url
      pid = running.pid
    },
  }
}

async function joinAll(nodes: readonly ClusterNode[], ports: readonly number[]): Promise<void> {
  const clients = nodes.map(node => new Redis(node.url))
  for (const client of clients) client.on('error', () => {})
  try {
    for (const [place, client] of clients.entries()) {
      const [first, last] = nodes[place]?.slots ?? [0, -1]
      await client.cluster(
        'ADDSLOTS',
        ...Array.from({ length: last - first + 1 }, (_, index) => first + index),
      )
      // Each its own, so that they need not find out who gives way.
      await client.cluster('SET-CONFIG-EPOCH', place + 1)
    }
    for (const port of ports.slice(1)) await clients[0]?.cluster('MEET', '127.0.0.1', port)
    const giveUpAt = performance.now() + READY_TIMEOUT_MS
    while (!(await Promise.all(clients.map(client => knowsAll(client, nodes.length)))).every(Boolean)) {
      if (performance.now() > giveUpAt) throw new Error('the nodes of the cluster did not find each other')
      await sleep(50)
    }
  } finally {
    for (const client of clients) client.disconnect()
  }
}

async function knowsAll(client: Redis, size: number): Promise<boolean> {
  const info = String(await client.cluster('INFO'))
  return [
    'cluster_state:ok',
    `cluster_slots_ok:${SLOTS}`,
    `cluster_size:${size}`,
    `cluster_known_nodes:${size}`,
  ].every(line => info.includes(line))
}

async function freePorts(count: number): Promise<number[]> {
  const found = new Set<number>()
  for (let attempt = 0; attempt < 200 && found.size < count; attempt += 1) {
    const port = randomInt(LOWEST, HIGHEST)
    if ((await isFree(port)) && (await isFree(port + BUS_OFFSET))) found.add(port)
  }
  if (found.size < count) throw new Error(`no ${count} free ports found from ${LOWEST} of 127.0.0.1`)
  return [...found]
}
