import { setTimeout as delay } from 'node:timers/promises'
import { Connection } from './connection.ts'
import type { Plan } from './plan.ts'
import type { Series } from './series.ts'

// Users who think longer than this come back on a new connection: servers close an idle one after some seconds.
const KEPT_IDLE_MS = 1000
const DRAIN_MS = 60_000
/** Nobody hammers on a door that is closed. */
const AFTER_ERROR_MS = 10

/** Carries out one plan; ends when every request has been answered, or a minute later: then the rest has failed. */
export async function run(plan: Plan, series: Series): Promise<void> {
  series.beginTurn(plan.seconds)
  const turn = new Turn(plan, series)
  const all = plan.ratePerSecond ? turn.openLoop(plan.ratePerSecond) : turn.closedLoop(plan.users ?? 1)
  const timer = new AbortController()
  const late = delay(plan.seconds * 1000 + (plan.cut ? 0 : DRAIN_MS), undefined, { signal: timer.signal })
  await Promise.race([all, late.catch(() => {})])
  timer.abort()
  turn.end()
  await all
}

class Turn {
  readonly #plan: Plan
  readonly #series: Series
  readonly #urls: URL[]
  /** For each of the URLs. */
  readonly #heads: Buffer[][]
  readonly #body: Buffer
  readonly #connections = new Map<Connection, Buffer[]>()
  readonly #untilMs: number
  #asked = 0
  #ended = false

  constructor(plan: Plan, series: Series) {
    this.#plan = plan
    this.#series = series
    this.#urls = plan.urls.map(url => new URL(url))
    this.#body = Buffer.from(plan.body)
    this.#heads = this.#urls.map(({ pathname, host }) =>
      plan.heads.map(head =>
        Buffer.from(
          `POST ${pathname} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\n` +
            `Content-Length: ${this.#body.length}\r\n${head}\r\n`,
        ),
      ),
    )
    this.#untilMs = performance.now() + plan.seconds * 1000
  }

  async closedLoop(users: number): Promise<void> {
    const { rampMs = 0, pauseMs = 0, cut } = this.#plan
    const user = async (number: number) => {
      if (rampMs > 0) await delay((rampMs * number) / users)
      const connection = this.#connect(number)
      while (performance.now() < this.#untilMs) {
        const error = await this.#ask(connection, performance.now(), number)
        if (error && cut) return
        if (error) await delay(AFTER_ERROR_MS)
        if (pauseMs > KEPT_IDLE_MS) connection.close()
        const leftMs = this.#untilMs - performance.now()
        if (pauseMs > 0) await delay(Math.max(0, Math.min(pauseMs, leftMs)))
      }
    }
    await Promise.all(Array.from({ length: users }, (_, number) => user(number)))
  }

  /** A request is sent when it is due, on a connection that is free or a new one; who waits, waits from then on. */
  async openLoop(ratePerSecond: number): Promise<void> {
    const free: Connection[] = []
    const open = new Set<Promise<void>>()
    const stepMs = 1000 / ratePerSecond
    for (let dueMs = performance.now(); dueMs < this.#untilMs; dueMs += stepMs) {
      const waitMs = dueMs - performance.now()
      if (waitMs > 0) await delay(Math.ceil(waitMs))
      const connection = free.pop() ?? this.#connect(this.#connections.size)
      const asked = this.#ask(connection, dueMs).then(() => {
        free.push(connection)
        open.delete(asked)
      })
      open.add(asked)
    }
    await Promise.all(open)
  }

  /** What still runs is broken off. */
  end(): void {
    const connections = [...this.#connections.keys()]
    if (this.#plan.cut) this.#series.open = connections.filter(({ streaming }) => streaming).length
    this.#ended = true
    for (const connection of connections) connection.close()
  }

  #connect(number: number): Connection {
    const at = number % this.#urls.length
    const connection = new Connection(this.#urls[at] as URL, this.#plan.statuses)
    this.#connections.set(connection, this.#heads[at] ?? [])
    return connection
  }

  async #ask(connection: Connection, dueMs: number, number = this.#asked): Promise<string | undefined> {
    this.#asked += 1
    const heads = this.#connections.get(connection) ?? []
    const head = heads[(this.#plan.rotate ? this.#asked : number) % heads.length] as Buffer
    const answered = await connection.ask(head, this.#body)
    if (!(this.#ended && this.#plan.cut)) this.#series.add(dueMs, this.#untilMs, answered)
    return answered.error
  }
}
