import { setTimeout as delay } from 'node:timers/promises'
import { AckPolicy, type ConsumerMessages, type JsMsg, jetstream, jetstreamManager } from '@nats-io/jetstream'
import { type NatsConnection, nanos } from '@nats-io/nats-core'
import { ATTRIBUTE } from '../attributes.ts'
import { DEADLETTER_PREFIX, HEADER } from '../contracts/subjects.ts'
import { LecternError } from '../errors.ts'
import type { Logger } from '../log.ts'
import { withRequestId } from '../request-id.ts'
import { Slab } from '../slab.ts'
import { inSpan, SpanKind } from '../spans.ts'
import { createBatch } from './batch.ts'
import { measureConsumer } from './consumer-metrics.ts'
import { contextOf, linksOf, messagingAttributes, traceHeaders } from './tracing.ts'

/** After this long without a sign of life the server gives a message to another replica. */
const ACK_WAIT_MS = 10_000
const SIGN_OF_LIFE_MS = ACK_WAIT_MS / 3
const RETRY_MS = { first: 100, most: 5000 }
/** Most bodies that the server sends ahead, whatever their size: it is asked for the next when a quarter of them are here. */
const BODIES_AHEAD = 16

export interface ConsumerOptions {
  stream: string
  /** Name of the durable consumer: replicas that share it share the work. */
  durable: string
  subject: string
  /** The server then sends no bodies. */
  headersOnly?: boolean
  /** Most messages in one batch. */
  batchSize: number
  /**
   * Most bytes of bodies in one batch, unless a single one has more. While so many wait for their batch, further ones stay in the
   * stream. Default: not bounded, as headers are small and their arrival is work in itself (`onArrival`).
   */
  batchBytes?: number
  /** Batches that are handled at once, so that the next is made ready while one is being committed. Default: one after the other. */
  batchesAtOnce?: number
  /** How long a batch waits for more after its first message. */
  lingerMs: number
  /** Most messages that all replicas may hold unacknowledged; beyond it the server waits. Default: eight batches. */
  maxAckPending?: number
  /** Told of each message as it arrives, before its batch: for work that a stuck batch must not hold back. Must not fail. */
  onArrival?: (message: JsMsg) => Promise<void>
  log: Logger
}

/** A batch that is being handled. */
interface Work {
  messages: readonly JsMsg[]
  done: Promise<void>
}

/** Stores one batch. Resolves: every message is acknowledged. Throws: see `consumeBatches`. */
export type BatchHandler = (messages: readonly JsMsg[]) => Promise<void>

/**
 * Consumes a stream in batches, at least once. A batch is acknowledged when its handler resolves. When it throws:
 * what will fail again however often (a malformed message, a value that Postgres refuses) is found by halving the batch,
 * put on `deadletter.<durable>` with its reason, and taken out of the stream; everything else (Postgres or Redis away) is
 * tried again for ever with backoff. The server is told that all messages received are still in work, those too that wait
 * for their batch: delivered again they would only pile up.
 */
export function consumeBatches(nc: NatsConnection, options: ConsumerOptions, handle: BatchHandler) {
  const { log, batchesAtOnce = 1 } = options
  const stopping = new AbortController()
  const batch = createBatch<JsMsg>({ ...options, bytesOf: message => message.data.length })
  const inWork = new Slab<Work>()
  const inHand = () => [...batch.waiting, ...[...inWork].flatMap(({ messages }) => messages)]
  const metrics = measureConsumer(nc, options)
  const signs = setInterval(() => {
    for (const message of inHand()) message.working()
  }, SIGN_OF_LIFE_MS).unref()

  async function process(messages: JsMsg[]): Promise<void> {
    for (let waitMs = RETRY_MS.first; ; waitMs = Math.min(waitMs * 2, RETRY_MS.most)) {
      try {
        await metrics.batch(messages.length, () => inBatchSpan(options, messages, () => handle(messages)))
        for (const message of messages) message.ack()
        return
      } catch (error) {
        if (isPoison(error)) return halve(messages, error)
        log.warn({ err: error, messages: messages.length, waitMs }, 'batch failed, will be tried again')
        await delay(waitMs, undefined, { signal: stopping.signal })
      }
    }
  }

  async function halve(messages: JsMsg[], error: unknown): Promise<void> {
    const [first] = messages
    if (first !== undefined && messages.length === 1) {
      await deadLetter(nc, options, first, error)
      return metrics.deadLetter()
    }
    const middle = Math.ceil(messages.length / 2)
    await process(messages.slice(0, middle))
    await process(messages.slice(middle))
  }

  const arrive = async (message: JsMsg) => {
    if (options.onArrival) void arrived(options, message, options.onArrival)
    batch.add(message)
    if (options.batchBytes !== undefined) await batch.room()
  }
  const receiving = receive(nc, options, arrive, stopping.signal)
  async function work(messages: JsMsg[]): Promise<void> {
    await process(messages).catch((error: unknown) => {
      if (!stopping.signal.aborted) log.error({ err: error }, 'batch left unacknowledged')
    })
  }
  const working = (async () => {
    for await (const messages of batch.take()) {
      const one = { messages, done: Promise.resolve() }
      const place = inWork.add(one)
      one.done = work(messages).then(() => {
        if (!stopping.signal.aborted) inWork.remove(place)
      })
      if (inWork.size >= batchesAtOnce) await Promise.race([...inWork].map(({ done }) => done))
    }
    await Promise.all([...inWork].map(({ done }) => done))
  })()

  return {
    /** Ends after the batches in work; what did not get that far is given back, for another replica to take at once. */
    async stop(): Promise<void> {
      batch.end()
      clearInterval(signs)
      setTimeout(() => stopping.abort(), 5000).unref()
      await working.finally(() => stopping.abort())
      await receiving
      await metrics.stop()
      for (const message of inHand()) message.nak()
    },
  }
}

/** A batch is a trace of its own, linked to those of the requests that its messages came from. */
function inBatchSpan(
  { durable, subject }: ConsumerOptions,
  messages: readonly JsMsg[],
  work: () => Promise<void>,
): Promise<void> {
  const attributes = { ...messagingAttributes(subject), [ATTRIBUTE.batchMessages]: messages.length }
  const links = linksOf(messages)
  return inSpan(`process ${durable}`, { kind: SpanKind.CONSUMER, root: true, links, attributes }, work)
}

/** What is done as a message arrives belongs to its request: to its trace, and to its lines in the log. */
function arrived(
  { durable, subject }: ConsumerOptions,
  message: JsMsg,
  work: (message: JsMsg) => Promise<void>,
): Promise<void> {
  const span = {
    kind: SpanKind.CONSUMER,
    parent: contextOf(message.headers),
    attributes: messagingAttributes(subject),
  }
  const requestId = message.headers?.get(HEADER.reservation)
  return withRequestId(requestId, () => inSpan(`receive ${durable}`, span, () => work(message)))
}

/** Keeps a subscription to the durable consumer alive; creates both anew where the server has lost them. */
async function receive(
  nc: NatsConnection,
  options: ConsumerOptions,
  arrive: (message: JsMsg) => Promise<void>,
  stop: AbortSignal,
): Promise<void> {
  while (!stop.aborted) {
    try {
      const consumer = await openConsumer(nc, options)
      const messages: ConsumerMessages = await consumer.consume({
        max_messages: Math.min(options.batchSize * 2, options.batchBytes ? BODIES_AHEAD : Infinity),
        abort_on_missing_resource: true,
      })
      const close = () => void messages.close()
      stop.addEventListener('abort', close, { once: true })
      // The signal may have come while the consumer was opened; it tells nobody twice.
      if (stop.aborted) close()
      try {
        // More is asked of the server only as this goes on.
        for await (const message of messages) await arrive(message)
      } finally {
        stop.removeEventListener('abort', close)
      }
    } catch (error) {
      if (stop.aborted || nc.isClosed()) return
      options.log.warn({ err: error, consumer: options.durable }, 'consumer lost, will be opened again')
      await delay(500, undefined, { signal: stop }).catch(() => undefined)
    }
  }
}

async function openConsumer(
  nc: NatsConnection,
  {
    stream,
    durable,
    subject,
    headersOnly = false,
    batchSize,
    maxAckPending = batchSize * 8,
  }: ConsumerOptions,
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
      max_ack_pending: maxAckPending,
      headers_only: headersOnly,
    }),
  )
  return jetstream(nc).consumers.get(stream, durable)
}

/** Whether a failure is the message's own: it will fail again, however often and whoever tries. */
export function isPoison(error: unknown): boolean {
  if (error instanceof SyntaxError) return true
  if (error instanceof LecternError) return error.code === 'invalid_request'
  // SQLSTATE classes 22 (data exception), 23 (integrity constraint violation) and 54 (a limit of the program exceeded).
  const { code } = error as { code?: unknown }
  return typeof code === 'string' && /^(22|23|54)[0-9A-Z]{3}$/.test(code)
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
