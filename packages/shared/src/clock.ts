/** Time as the services see it: injected, so that a test of a week's end needs no sleep. */
export interface Clock {
  /** Milliseconds since the epoch. */
  nowMs(): number
}

export const systemClock: Clock = { nowMs: () => Date.now() }

/** A clock that stands still until a test moves it. */
export function manualClock(startMs: number): Clock & { set(ms: number): void; advance(ms: number): void } {
  let now = startMs
  return {
    nowMs: () => now,
    set: ms => {
      now = ms
    },
    advance: ms => {
      now += ms
    },
  }
}
