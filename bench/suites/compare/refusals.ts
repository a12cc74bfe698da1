import { mintKey } from '@lectern/shared/keys.ts'
import { enrol, headOf, type LecternContender, send } from '../../contenders/lectern.ts'
import { type Results, takeTurns } from './measurement.ts'
import { badKeys, refused, type Scenario, short } from './scenarios.ts'
import type { Stage } from './stage.ts'
import { tableOf } from './table.ts'

const COURSE = 'bench-empty'
const STUDENTS = 50
const BAD_KEYS = 500

/** What a request costs that is not admitted, beside one that is. */
export async function measureRefusals(
  stage: Stage,
  fit: (scenario: Scenario) => Scenario,
  turns: number,
  results: Results,
): Promise<string> {
  const { lectern } = stage
  const empty = await emptyCourse(lectern)
  const unknown = Array.from({ length: BAD_KEYS }, () => headOf(mintKey(COURSE).key))
  const admitted = { ...short, name: 'admitted' }
  results.refusals = await takeTurns(
    [
      { contender: { ...lectern, name: 'admitted' }, scenario: fit(admitted) },
      { contender: { ...lectern, name: 'budget empty', heads: empty }, scenario: fit(refused) },
      { contender: { ...lectern, name: 'bad keys', heads: unknown }, scenario: fit(badKeys) },
    ],
    turns,
    stage,
  )
  const note =
    'Keys are well-formed; after 600 in a minute from one address the gateway asks nobody any more.'
  return `${tableOf(`Refusals beside admitted requests, ${short.load.users} users`, results.refusals)}\n\n${note}`
}

/** Students who have nothing to spend. */
async function emptyCourse({ lectern: { demo } }: LecternContender): Promise<string[]> {
  const course = {
    ...{ id: COURSE, name: 'Empty', timezone: 'UTC', weeks: 52, weeklyTokens: 0, defaultMaxTokens: 100 },
    ...{ startsOn: Temporal.Now.plainDateISO('UTC').subtract({ days: 7 }).toString(), models: [] },
    ...{ requestsPerMinute: 100_000, parallelRequests: 1000 },
  }
  await send(demo, 'POST', '/api/courses', course)
  return (await enrol(demo, COURSE, STUDENTS)).map(headOf)
}
