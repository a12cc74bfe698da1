import { ATTRIBUTE, type SpanAttributes } from '@lectern/shared/attributes.ts'
import type { ConversationRecord } from '@lectern/shared/contracts/records.ts'
import { HEADER, RECORD_COMPLETED } from '@lectern/shared/contracts/subjects.ts'
import type { Logger } from '@lectern/shared/log.ts'
import { METRIC } from '@lectern/shared/metric-table.ts'
import { createCounter } from '@lectern/shared/metrics.ts'
import { isConnected, type NatsConnection } from '@lectern/shared/nats/connect.ts'
import { ask } from '@lectern/shared/nats/questions.ts'
import { traceFields } from '@lectern/shared/nats/tracing.ts'
import { annotate } from '@lectern/shared/open-span.ts'
import { inSpan, SpanKind } from '@lectern/shared/spans.ts'
import { fitRecord } from '../record-size.ts'
import { within } from '../within.ts'
import { openSpool, type Spool, type SpooledRecord } from './spool.ts'

/** Keeps records: on the bus, or else on disk until the bus takes them. */
export interface RecordsClient {
  /** Resolves when the record is durable outside of this process's memory; rejects when it cannot be made so. */
  keep(record: ConversationRecord): Promise<void>
  /** What waits on disk. */
  readonly spoolBytes: number
  close(): Promise<void>
}

export interface RecordsOptions {
  log: Logger
  ackTimeoutMs: number
  spoolDir: string
  spoolMaxBytes: number
}

const REPLAY_EVERY_MS = 500
/** A bus that refuses for minutes is asked, and the log written, less often. */
const MOST_REPLAY_WAIT_MS = 5000
const TAKE_OVER_EVERY_MS = 60_000
/** What a stop waits for the replay: the rest keeps on disk. */
const CLOSING_MS = 2000
/** Room for headers and subject within the bus's `max_payload`. */
const HEADROOM_BYTES = 8 * 1024
/** What neither bus nor disk took waits here for either: a last hope, not a promise. */
const MOST_UNSAVED = 1000

/** By which JetStream drops what it has got before. */
const MESSAGE_ID = 'Nats-Msg-Id'

const spooled = createCounter(METRIC.spooled)
const unstored = createCounter(METRIC.unstored)

const PUBLISH = {
  kind: SpanKind.PRODUCER,
  attributes: {
    [ATTRIBUTE.messagingSystem]: 'nats',
    [ATTRIBUTE.messagingDestination]: RECORD_COMPLETED,
    [ATTRIBUTE.spooled]: false,
  } satisfies SpanAttributes,
}

/** The client of the RECORDS stream. */
export async function createRecordsClient(
  nc: NatsConnection,
  options: RecordsOptions,
): Promise<RecordsClient> {
  const spool = await openSpool(options.spoolDir, { mostBytes: options.spoolMaxBytes, log: options.log })
  return new Records(nc, spool, options)
}

class Records implements RecordsClient {
  readonly #nc: NatsConnection
  readonly #spool: Spool
  readonly #log: Logger
  readonly #ackTimeoutMs: number
  readonly #unsaved: SpooledRecord[] = []
  readonly #timers: NodeJS.Timeout[]
  /**
   * After a missed acknowledgement records go to disk at once, until the replay has got through again: otherwise each
   * answer of an outage would wait for a timeout of its own.
   */
  #suspect = false
  #replaying: Promise<void> | null = null
  #waitMs = REPLAY_EVERY_MS
  #notBeforeMs = 0

  constructor(nc: NatsConnection, spool: Spool, { log, ackTimeoutMs }: RecordsOptions) {
    this.#nc = nc
    this.#spool = spool
    this.#log = log
    this.#ackTimeoutMs = ackTimeoutMs
    this.#timers = [
      setInterval(() => this.#replayIfNeeded(), REPLAY_EVERY_MS).unref(),
      setInterval(() => void this.#takeOver(), TAKE_OVER_EVERY_MS).unref(),
    ]
  }

  keep(record: ConversationRecord): Promise<void> {
    return inSpan(`publish ${RECORD_COMPLETED}`, PUBLISH, async () => {
      const entry = { id: record.id, headers: { ...ledgerHeaders(record), ...traceFields() }, record }
      if (this.#suspect || !isConnected(this.#nc)) {
        return this.#saveToDisk(entry, new Error('the bus is away'))
      }
      try {
        await this.#publish(entry)
      } catch (error) {
        this.#suspect = true
        await this.#saveToDisk(entry, error)
      }
    })
  }

  get spoolBytes(): number {
    return this.#spool.bytes
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    await within(CLOSING_MS, this.#replaying ?? Promise.resolve())
    if (isConnected(this.#nc) && this.#somethingWaits) {
      await within(CLOSING_MS, this.#replay()).catch(error =>
        this.#log.warn({ err: error }, 'spool: the bus takes nothing'),
      )
    }
    if (!this.#spool.isEmpty) this.#log.warn('spool: records are left for the next start')
    if (this.#unsaved.length > 0) {
      this.#log.error({ records: this.#unsaved.length }, 'records that neither bus nor disk took are lost')
    }
    await this.#spool.close()
  }

  async #publish({ id, headers, record }: SpooledRecord): Promise<void> {
    const mostBytes = (this.#nc.info?.max_payload ?? 1024 ** 2) - HEADROOM_BYTES
    const answer = await ask(this.#nc, {
      subject: RECORD_COMPLETED,
      payload: fitRecord(record as ConversationRecord, mostBytes),
      headers: { ...headers, [MESSAGE_ID]: id },
      timeoutMs: this.#ackTimeoutMs,
    })
    const { stream, error } = answer.json<{ stream?: string; error?: { description: string } }>()
    if (!stream) throw new Error(`the bus does not keep it: ${error?.description ?? 'no acknowledgement'}`)
  }

  async #saveToDisk(entry: SpooledRecord, cause: unknown): Promise<void> {
    this.#log.warn({ err: cause, id: entry.id }, 'record goes to the spool')
    try {
      await this.#spool.append(entry)
      spooled.add(1)
      annotate(() => ({ [ATTRIBUTE.spooled]: true }))
    } catch (error) {
      unstored.add(1)
      this.#log.error({ err: error, id: entry.id }, 'record could not be stored anywhere')
      if (this.#unsaved.length < MOST_UNSAVED) this.#unsaved.push(entry)
      throw error
    }
  }

  get #somethingWaits(): boolean {
    return !this.#spool.isEmpty || this.#unsaved.length > 0
  }

  #replayIfNeeded(): void {
    const needed = this.#somethingWaits || this.#suspect
    if (this.#replaying || !needed || !isConnected(this.#nc) || performance.now() < this.#notBeforeMs) return
    this.#replaying = this.#replay()
      .then(() => {
        this.#waitMs = REPLAY_EVERY_MS
      })
      .catch(error => {
        this.#log.warn({ err: error, waitMs: this.#waitMs }, 'spool: the bus does not take records yet')
        this.#notBeforeMs = performance.now() + this.#waitMs
        this.#waitMs = Math.min(this.#waitMs * 2, MOST_REPLAY_WAIT_MS)
      })
      .finally(() => {
        this.#replaying = null
      })
  }

  async #replay(): Promise<void> {
    for (let entry = this.#unsaved[0]; entry !== undefined; entry = this.#unsaved[0]) {
      await this.#publish(entry)
      this.#unsaved.shift()
    }
    if (!this.#spool.isEmpty) {
      await this.#spool.replay(async entries => {
        await Promise.all(entries.map(entry => this.#publish(entry)))
      })
      this.#log.info('spool: all records have been replayed')
    }
    this.#suspect = false
  }

  async #takeOver(): Promise<void> {
    await this.#spool
      .takeOver()
      .catch(error => this.#log.warn({ err: error }, 'spool: the folder cannot be read'))
  }
}

/** What the ledger needs, so that its consumer never reads a body. */
function ledgerHeaders(record: ConversationRecord): Record<string, string> {
  return {
    [HEADER.reservation]: record.id,
    [HEADER.course]: record.courseId,
    [HEADER.student]: record.studentId,
    [HEADER.week]: String(record.week),
    // Without usage nothing was asked of a model: the hold is given back, not settled at zero.
    [HEADER.end]: record.usage.source === 'none' ? 'release' : 'settle',
    [HEADER.model]: record.model,
    [HEADER.charge]: String(record.chargeTokens),
    [HEADER.input]: String(record.usage.inputTokens),
    [HEADER.output]: String(record.usage.outputTokens),
  }
}
