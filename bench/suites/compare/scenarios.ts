import type { Plan } from '../../load/plan.ts'

/** What is asked, how, and for how long. */
export interface Scenario {
  name: string
  title: string
  model: 'bench-short' | 'bench-burst' | 'bench-paced' | 'bench-idle'
  /** The prompt is filled up to this size. */
  promptBytes?: number
  load: Pick<Plan, 'users' | 'ratePerSecond' | 'pauseMs' | 'rampMs' | 'rotate' | 'cut'>
  /** What is no error; by default 200. */
  statuses?: number[]
  /** Of one turn. */
  seconds: number
}

/** How long a paced answer takes: users begin evenly within it. */
const PACED_MS = 600
const USERS = 16

export const short: Scenario = {
  name: 'short',
  title: `Short answer, not streamed, ${USERS} users`,
  model: 'bench-short',
  load: { users: USERS },
  seconds: 4,
}

export const burst: Scenario = {
  name: 'burst',
  title: `Stream of 40 chunks at once, ${USERS} users`,
  model: 'bench-burst',
  load: { users: USERS },
  seconds: 4,
}

/** What every contender is asked. */
export const SCENARIOS: Scenario[] = [
  short,
  burst,
  {
    name: 'paced',
    title: 'Stream of 40 chunks, the first after 200 ms, 10 ms apart, 200 users',
    model: 'bench-paced',
    load: { users: 200, rampMs: PACED_MS },
    seconds: 5,
  },
  {
    name: 'open',
    title: 'Short answers, 300 requests a second whatever comes back',
    model: 'bench-short',
    load: { ratePerSecond: 300 },
    seconds: 5,
  },
  {
    name: 'prompts',
    title: `Prompts of 100 kB, short answers, ${USERS} users`,
    model: 'bench-short',
    promptBytes: 100_000,
    load: { users: USERS },
    seconds: 4,
  },
]

/** Nobody reads for less than that before the next question. Without a pause no two cores could feed so many users. */
const CROWD_PAUSE_MS = 5000

export const crowd: Scenario = {
  name: 'crowd',
  title: `1,000 users of the paced stream, ${CROWD_PAUSE_MS / 1000} s between answer and next question, two gateways`,
  model: 'bench-paced',
  load: { users: 1000, pauseMs: CROWD_PAUSE_MS, rampMs: CROWD_PAUSE_MS + PACED_MS },
  seconds: 20,
}

export const refused: Scenario = {
  ...short,
  name: 'refused',
  title: `Refusals, ${USERS} users`,
  statuses: [429],
}

export const badKeys: Scenario = {
  ...short,
  name: 'bad-keys',
  title: 'Keys that nobody has, each another one',
  load: { users: USERS, rotate: true },
  statuses: [401, 429],
}

/** A stream says a word every 20 s. */
export const openStreams: Scenario = {
  name: 'streams',
  title: 'Open streams that say a word every 20 s, one new gateway',
  model: 'bench-idle',
  load: { users: 10_000, rampMs: 30_000, cut: true },
  seconds: 60,
}

/** The request of a scenario, as JSON. */
export function bodyOf({ model, promptBytes = 0 }: Scenario): string {
  const content = 'What is a monad? '.padEnd(promptBytes, 'Explain it once more. ')
  return JSON.stringify({
    model,
    ...(model !== 'bench-short' && { stream: true, stream_options: { include_usage: true } }),
    messages: [{ role: 'user', content }],
  })
}
