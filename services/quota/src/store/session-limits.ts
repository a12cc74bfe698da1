/** When sessions end, of staff and of students. */
export interface SessionLimits {
  /** Without being used. */
  idleMs: number
  /** However it is used. */
  longestMs: number
}

/** A chat is opened, tried and left; who goes on gets another key. */
export const SESSION_KEY_MS = 600_000

/** A session is not written at each request: its last use is known to the minute. */
export const WRITTEN_EVERY_MS = 60_000

const startOf = ({ idleMs, longestMs }: SessionLimits, nowMs: number) => ({
  used: new Date(nowMs - idleMs),
  created: new Date(nowMs - longestMs),
})

/** Those that go on. */
export function livingAt(limits: SessionLimits, nowMs: number) {
  const { used, created } = startOf(limits, nowMs)
  return { usedAt: { gt: used }, createdAt: { gt: created } }
}

/** Those that have ended, and the one that a new one `replaces`. */
export function endedAt(limits: SessionLimits, nowMs: number, replaces: string | undefined) {
  const { used, created } = startOf(limits, nowMs)
  const replaced = replaces === undefined ? [] : [{ hash: replaces }]
  return { OR: [...replaced, { usedAt: { lte: used } }, { createdAt: { lte: created } }] }
}
