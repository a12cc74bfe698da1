import type { Plan } from '../../load/plan.ts'

/** What every contender is asked in turn. */
export interface Scenario {
  name: string
  title: string
  model: string
  stream: boolean
  /** The prompt is filled up to this size. */
  promptBytes?: number
  load: Pick<Plan, 'users' | 'ratePerSecond' | 'pauseMs' | 'rampMs'>
  /** Of one turn. */
  seconds: number
}

const PACED_MS = 600

export const SCENARIOS: Scenario[] = [
  {
    name: 'short',
    title: 'short answer, not streamed, 16 users',
    model: 'bench-short',
    stream: false,
    load: { users: 16 },
    seconds: 4,
  },
  {
    name: 'burst',
    title: 'stream of 40 chunks at once, 16 users',
    model: 'bench-burst',
    stream: true,
    load: { users: 16 },
    seconds: 4,
  },
  {
    name: 'paced',
    title: 'stream of 40 chunks, first after 200 ms, 10 ms apart, 200 users',
    model: 'bench-paced',
    stream: true,
    load: { users: 200, rampMs: PACED_MS },
    seconds: 5,
  },
]

/** The request of a scenario, as JSON. */
export function bodyOf({ model, stream, promptBytes = 0 }: Scenario): string {
  const content = 'What is a monad? '.padEnd(promptBytes, 'Explain it once more. ')
  return JSON.stringify({
    model,
    ...(stream && { stream, stream_options: { include_usage: true } }),
    messages: [{ role: 'user', content }],
  })
}
