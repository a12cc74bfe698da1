import { bound } from '../micro/bound.ts'
import { churn } from '../micro/churn.ts'
import { records } from '../micro/records.ts'
import { relay } from '../micro/relay.ts'
import { reserve } from '../micro/reserve.ts'
import { listOf } from '../options.ts'
import type { Benchmark } from '../registry.ts'

const PARTS: Record<string, Benchmark> = { bound, churn, records, relay, reserve }

/** Parts of Lectern by themselves. `--only=relay,bound`. */
export const micro: Benchmark = async (args, say) => {
  const only = listOf(args, 'only') ?? Object.keys(PARTS)
  const sections: string[] = []
  for (const [name, run] of Object.entries(PARTS)) {
    if (!only.includes(name)) continue
    say(`micro: ${name}`)
    sections.push(`### ${name}\n\n${(await run(args, say)).trim()}`)
  }
  return `${sections.join('\n\n')}\n`
}
