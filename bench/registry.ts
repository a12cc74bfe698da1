import { compare } from './suites/compare/compare.ts'
import { conversations } from './suites/conversations/conversations.ts'
import { micro } from './suites/micro.ts'
import { profile } from './suites/profile/profile.ts'
import { scale } from './suites/scale/scale.ts'
import { soak } from './suites/soak.ts'
import { tracing } from './suites/tracing.ts'

/** Runs, says how far it is, and answers its section of the results. */
export type Benchmark = (args: string[], say: (line: string) => void) => Promise<string>

export interface Entry {
  title: string
  run: Benchmark
  /** Only when it is named; what else is named are then its arguments. */
  alone?: boolean
  /** Has no section among the results. */
  forgotten?: boolean
}

/** Every benchmark by its name, in the order of a run of all. */
export const BENCHMARKS: Record<string, Entry> = {
  compare: { title: 'Side by side: what does Lectern cost?', run: compare },
  micro: { title: 'Parts by themselves', run: micro },
  tracing: { title: 'Tracing: what does it cost to see every hop?', run: tracing },
  scale: { title: 'Scale: does a request cost more among a million students?', run: scale },
  conversations: { title: 'Conversations: do staff wait when five million are kept?', run: conversations },
  soak: { title: 'Soak: does memory grow?', run: soak, alone: true },
  profile: { title: 'Profile: where does the time go?', run: profile, alone: true, forgotten: true },
}
