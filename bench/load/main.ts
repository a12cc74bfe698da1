import type { Plan } from './plan.ts'
import { run } from './run.ts'
import { Series } from './series.ts'

/** The generator of load, a process of its own: gets plans from its parent, answers with outcomes, one after the other. */

const kept = new Map<string, Series>()

process.on('message', (plan: Plan) => void carryOut(plan))

async function carryOut(plan: Plan): Promise<void> {
  const series = (plan.warmUp ? undefined : kept.get(plan.series)) ?? new Series()
  if (!plan.warmUp) kept.set(plan.series, series)
  await run(plan, series)
  process.send?.(series.outcome())
}
