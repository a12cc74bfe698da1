import { setTimeout as delay } from 'node:timers/promises'
import { AckPolicy, type ConsumerMessages, type JsMsg, jetstream, jetstreamManager } from '@nats-io/jetstream'
import { type NatsConnection, nanos } from '@nats-io/nats-core'
import { DEADLETTER_PREFIX, HEADER } from '../contracts/subjects.ts'
import { LecternError } from '../errors.ts'
import type { Logger } from '../log.ts'
import { inSpan, SpanKind } from '../spans.ts'
import { type Batch, createBatch } from './batch.ts'
import { linksOf, traceHeaders } from './tracing.ts'

/** After this long without a sign of life the server gives a message to another replica. */
const ACK_WAIT_MS = 30_000
const RETRY_MS = { first: 100, most: 5000 }

export interface ConsumerOptions {
  stream: string
  /** Name of the durable consumer: replicas that share it share the work. */
  durable: string
  subject: string
  /** The server then sends no bodies. */
  headersOnly?: boolean
  /** Most messages in one batch. */
  batchSize: number
  /** How long a batch waits for more after its first message. */
  lingerMs: number
  log: Logger
}

/** Stores one batch. Resolves: every message is acknowledged. Throws: see `consumeBatches`. */
export type BatchHandler = (messages: readonly JsMsg[]) => Promise<void>

/**
 * Consumes a stream in batches, at least once. A batch is acknowledged when its handler resolves. When it throws:
 * what will fail again however often (a malformed message, a value that Postgres refuses) is found by halving the batch,
 * put on `deadletter.<durable>` with its reason, and taken out of the stream; everything else (Postgres or Redis away) is
 * tried again for ever with backoff, while the server is told that the messages are still in work.
 */
export function consumeBatches(nc: NatsConnection, options: ConsumerOptions, handle: BatchHandler) {
  const { log, durable } = options
  const stopping = new AbortController()
  const batch = createBatch<JsMsg>(options)

  async function process(messages: JsMsg[]): Promise<void> {
    for (let waitMs = RETRY_MS.first; ; waitMs = Math.min(waitMs * 2, RETRY_MS.most)) {
      try {
        const span = {
          kind: SpanKind.CONSUMER,
          links: linksOf(messages),
          attributes: { 'messaging.batch.message_count': messages.length },
        }
        await inSpan(`process ${durable}`, span, () => handle(messages))
        for (const message of messages) message.ack()
        return
      } catch (error) {
        if (isPoison(error)) return halve(messages, error)
        log.warn({ err: error, messages: messages.length, waitMs }, 'batch failed, will be tried again')
        for (const message of messages) message.working()
        await delay(waitMs, undefined, { signal: stopping.signal })
      }
    }
  }

  async function halve(messages: JsMsg[], error: unknown): Promise<void> {
    const [first] = messages
    if (first !== undefined && messages.length === 1) return deadLetter(nc, options, first, error)
    const middle = Math.ceil(messages.length / 2)
    await process(messages.slice(0, middle))
    await process(messages.slice(middle))
  }

  const receiving = receive(nc, options, batch, stopping.signal)
  const working = (async () => {
    for await (const messages of batch.take()) {
      await process(messages).catch((error: unknown) => {
        if (!stopping.signal.aborted) log.error({ err: error }, 'batch left unacknowledged')
      })
    }
  })()

  return {
    /** Ends after the batch in work; what was fetched beside it is delivered again to another replica. */
    async stop(): Promise<void> {
      batch.end()
      setTimeout(() => stopping.abort(), 5000).unref()
      const done = working.finally(() => stopping.abort())
      await Promise.all([done, receiving])
    },
  }
}

/** Keeps a subscription to the durable consumer alive; creates both anew where the server has lost them. */
async function receive(
  nc: NatsConnection,
  options: ConsumerOptions,
  batch: Batch<JsMsg>,
  stop: AbortSignal,
): Promise<void> {
  while (!stop.aborted) {
    try {
      const consumer = await openConsumer(nc, options)
      const messages: ConsumerMessages = await consumer.consume({
        max_messages: options.batchSize * 2,
        abort_on_missing_resource: true,
        callback: message => batch.add(message),
      })
      const close = () => void messages.close()
      stop.addEventListener('abort', close, { once: true })
      const failure = await messages.closed()
      stop.removeEventListener('abort', close)
      if (failure) throw failure
    } catch (error) {
      if (stop.aborted || nc.isClosed()) return
      options.log.warn({ err: error, consumer: options.durable }, 'consumer lost, will be opened again')
      await delay(500, undefined, { signal: stop }).catch(() => undefined)
    }
  }
}

async function openConsumer(
  nc: NatsConnection,
  { stream, durable, subject, headersOnly = false, batchSize }: ConsumerOptions,
) {
  const manager = await jetstreamManager(nc)
  await manager.consumers.info(stream, durable).catch(() =>
    manager.consumers.add(stream, {
      durable_name: durable,
      filter_subject: subject,
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(ACK_WAIT_MS),
      // Dead letters are decided here, by the kind of failure: an outage must never use up a message's tries.
      max_deliver: -1,
      max_ack_pending: batchSize * 8,
      headers_only: headersOnly,
    }),
  )
  return jetstream(nc).consumers.get(stream, durable)
}

/** Whether a failure is the message's own: it will fail again, however often and whoever tries. */
export function isPoison(error: unknown): boolean {
  if (error instanceof SyntaxError) return true
  if (error instanceof LecternError) return error.code === 'invalid_request'
  // SQLSTATE classes 22 (data exception) and 23 (integrity constraint violation).
  const { code } = error as { code?: unknown }
  return typeof code === 'string' && /^2[23][0-9A-Z]{3}$/.test(code)
}

async function deadLetter(
  nc: NatsConnection,
  { durable, log }: ConsumerOptions,
  message: JsMsg,
  error: unknown,
): Promise<void> {
  const headers = traceHeaders()
  for (const [name, values] of message.headers ?? []) for (const value of values) headers.append(name, value)
  headers.set(
    HEADER.reason,
    String(error instanceof Error ? error.message : error)
      .slice(0, 500)
      .replace(/[\r\n]+/g, ' '),
  )
  headers.set('Nats-Msg-Id', `${durable}:${message.seq}`)
  await jetstream(nc).publish(`${DEADLETTER_PREFIX}.${durable}`, message.data, { headers })
  log.error({ err: error, seq: message.seq, consumer: durable }, 'message put on the dead-letter stream')
  message.term()
}
