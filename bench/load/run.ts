import { setTimeout as delay } from 'node:timers/promises'
import { Connection } from './connection.ts'
import type { Plan } from './plan.ts'
import type { Series } from './series.ts'

// Users who think longer than this come back on a new connection: servers close an idle one after some seconds.
const KEPT_IDLE_MS = 1000
const DRAIN_MS = 60_000

/** Carries out one plan; ends when every request has been answered. */
export async function run(plan: Plan, series: Series): Promise<void> {
  series.beginTurn(plan.seconds)
  const turn = new Turn(plan, series)
  await (plan.ratePerSecond ? turn.openLoop(plan.ratePerSecond) : turn.closedLoop(plan.users ?? 1))
  turn.close()
}

class Turn {
  readonly #plan: Plan
  readonly #series: Series
  readonly #heads: Buffer[]
  readonly #body: Buffer
  readonly #url: URL
  readonly #connections = new Set<Connection>()
  readonly #untilMs: number
  #asked = 0

  constructor(plan: Plan, series: Series) {
    this.#plan = plan
    this.#series = series
    this.#url = new URL(plan.url)
    this.#body = Buffer.from(plan.body)
    this.#heads = plan.heads.map(head =>
      Buffer.from(
        `POST ${this.#url.pathname} HTTP/1.1\r\nHost: ${this.#url.host}\r\nContent-Type: application/json\r\n` +
          `Content-Length: ${this.#body.length}\r\n${head}\r\n`,
      ),
    )
    this.#untilMs = performance.now() + plan.seconds * 1000
  }

  async closedLoop(users: number): Promise<void> {
    const { rampMs = 0, pauseMs = 0, cut } = this.#plan
    const user = async (number: number) => {
      if (rampMs > 0) await delay((rampMs * number) / users)
      const connection = this.#connect()
      while (performance.now() < this.#untilMs) {
        await this.#ask(connection, performance.now(), number)
        if (pauseMs > KEPT_IDLE_MS) connection.close()
        if (pauseMs > 0) await delay(pauseMs)
      }
    }
    const all = Promise.all(Array.from({ length: users }, (_, number) => user(number)))
    await (cut ? Promise.race([all, delay(this.#plan.seconds * 1000)]) : all)
  }

  /** A request is sent when it is due, on a connection that is free or a new one; who waits, waits from then on. */
  async openLoop(ratePerSecond: number): Promise<void> {
    const free: Connection[] = []
    const open = new Set<Promise<void>>()
    const stepMs = 1000 / ratePerSecond
    for (let dueMs = performance.now(); dueMs < this.#untilMs; dueMs += stepMs) {
      const waitMs = dueMs - performance.now()
      if (waitMs > 0) await delay(Math.ceil(waitMs))
      const connection = free.pop() ?? this.#connect()
      const asked = this.#ask(connection, dueMs).then(() => {
        free.push(connection)
        open.delete(asked)
      })
      open.add(asked)
    }
    await Promise.race([Promise.all(open), delay(DRAIN_MS, undefined, { ref: false })])
  }

  close(): void {
    for (const connection of this.#connections) connection.close()
  }

  #connect(): Connection {
    const connection = new Connection(this.#url, this.#plan.statuses)
    this.#connections.add(connection)
    return connection
  }

  /** Whoever asks has a head of their own; without a number the next one's turn it is. */
  async #ask(connection: Connection, dueMs: number, number = this.#asked): Promise<void> {
    this.#asked += 1
    const { rotate } = this.#plan
    const head = this.#heads[(rotate ? this.#asked : number) % this.#heads.length] as Buffer
    this.#series.add(dueMs, this.#untilMs, await connection.ask(head, this.#body))
  }
}
