import { PassThrough, type Readable } from 'node:stream'

/** Who looks on while a course is used: streams of server-sent events. */
export interface Live {
  /**
   * A new stream of a course; null: there are as many as this process takes. It ends where `mayStay` says false, which is asked
   * again and again; where nobody can say, it goes on.
   */
  open(courseId: string, mayStay: () => Promise<boolean>): Readable | null
  /** Sends an event to all who watch the course. */
  send(courseId: string, event: string, data: unknown): void
  isWatched(courseId: string): boolean
  /** Ends all streams. */
  end(): void
}

export interface LiveOptions {
  /** Streams at once. Each has a socket and some kilobytes. */
  most?: number
  /** How often a comment is sent, so that nothing on the way takes a quiet stream for a dead one. */
  heartbeatMs?: number
  /** So long somebody still sees what happens who has been signed out, or has lost their role. */
  checkMs?: number
  /** Then a stream ends; its browser comes back by itself, and the audit log has another entry. */
  lifetimeMs?: number
}

/** What waits for a client that reads nothing. */
const MOST_WAITING_BYTES = 256 * 1024
const RETRY_MS = 3000

export function createLive({
  most = 500,
  heartbeatMs = 15_000,
  checkMs = 60_000,
  lifetimeMs = 900_000,
}: LiveOptions = {}): Live {
  const watching = new Map<string, Set<PassThrough>>()
  const streams = () => [...watching.values()].flatMap(set => [...set])
  const heartbeat = setInterval(() => {
    for (const stream of streams()) write(stream, ': here\n\n')
  }, heartbeatMs).unref()

  function write(stream: PassThrough, text: string): void {
    if (stream.writableEnded) return
    stream.write(text)
    // Its events are gone then; when it comes back it reads the list anew.
    if (stream.writableLength + stream.readableLength > MOST_WAITING_BYTES) stream.destroy()
  }

  return {
    open(courseId, mayStay) {
      if (streams().length >= most) return null
      const stream = new PassThrough()
      const others = watching.get(courseId) ?? new Set()
      watching.set(courseId, others.add(stream))
      const lifetime = setTimeout(() => stream.end(), lifetimeMs).unref()
      const check = setInterval(async () => {
        if (!(await mayStay().catch(() => true))) stream.end()
      }, checkMs).unref()
      stream.once('close', () => {
        clearTimeout(lifetime)
        clearInterval(check)
        others.delete(stream)
        if (others.size === 0 && watching.get(courseId) === others) watching.delete(courseId)
      })
      write(stream, `retry: ${RETRY_MS}\n\n`)
      return stream
    },
    send(courseId, event, data) {
      const text = `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
      for (const stream of watching.get(courseId) ?? []) write(stream, text)
    },
    isWatched: courseId => watching.has(courseId),
    end() {
      clearInterval(heartbeat)
      for (const stream of streams()) stream.end()
    },
  }
}
