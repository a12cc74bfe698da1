const ROUNDS = 30
const ROUND_MS = 40

/**
 * How many times a second of one core `work` can be done: the best of many short rounds, because others use the machine
 * as well, and what they take makes a round only slower.
 */
export function timesPerSecond(work: () => unknown): number {
  let repeats = 1
  while (msOf(work, repeats) < ROUND_MS) repeats *= 2
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round++) best = Math.min(best, msOf(work, repeats) / repeats)
  return 1000 / best
}

/** Processor time of this process, other threads included. */
function msOf(work: () => unknown, repeats: number): number {
  const before = process.cpuUsage()
  for (let at = 0; at < repeats; at++) work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

/** A number with as many digits as it deserves. */
export function rounded(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en')
}
