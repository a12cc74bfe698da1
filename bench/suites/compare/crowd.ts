import { withSecondGateway } from '../../contenders/more-gateways.ts'
import { type Results, takeTurns } from './measurement.ts'
import { crowd, type Scenario } from './scenarios.ts'
import type { Stage } from './stage.ts'
import { tableOf } from './table.ts'

/** A course of 1,000 that reads and asks, with two gateways. */
export async function measureCrowd(
  stage: Stage,
  fit: (scenario: Scenario) => Scenario,
  turns: number,
  results: Results,
): Promise<string> {
  await using closing = new AsyncDisposableStack()
  const lectern = await withSecondGateway(stage.lectern, { ...stage.place, closing })
  const pairs = [stage.direct, lectern].map(contender => ({ contender, scenario: fit(crowd) }))
  results.crowd = await takeTurns(pairs, turns, stage)
  return tableOf(crowd.title, results.crowd)
}
