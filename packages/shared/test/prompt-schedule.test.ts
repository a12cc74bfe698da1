import fc from 'fast-check'
import t from 'tap'
import { rulesInForce, versionInForce } from '../src/prompt-schedule.ts'

const version = (number: number, fromWeek: number, toWeek: number) => ({ version: number, fromWeek, toWeek })
const numberInForce = (versions: ReturnType<typeof version>[], week: number) =>
  versionInForce(versions, week)?.version ?? null

t.test('P6: the narrowest range that contains the week wins, then the newest', async t => {
  const versions = [version(1, 1, 15), version(2, 3, 3), version(3, 1, 15), version(4, 2, 4)]
  t.equal(numberInForce(versions, 1), 3, 'the newer of two equal ranges')
  t.equal(numberInForce(versions, 2), 4, 'a narrower range')
  t.equal(numberInForce(versions, 3), 2, 'the narrowest, although two newer ones contain the week')
  t.equal(numberInForce(versions, 4), 4)
  t.equal(numberInForce(versions, 5), 3)
  t.equal(numberInForce(versions, 16), null, 'no range contains the week')
  t.equal(numberInForce([], 1), null)
})

t.test(
  'P6: whatever the schedule, no version that is narrower, or newer and as narrow, was passed over',
  async () => {
    const week = fc.integer({ min: 1, max: 8 })
    const schedule = fc
      .array(fc.tuple(week, week))
      .map(ranges => ranges.map(([a, b], index) => version(index + 1, Math.min(a, b), Math.max(a, b))))
    fc.assert(
      fc.property(schedule, week, (versions, week) => {
        const chosen = versionInForce(versions, week)
        const candidates = versions.filter(({ fromWeek, toWeek }) => fromWeek <= week && week <= toWeek)
        if (!chosen) return candidates.length === 0
        const width = (of: (typeof versions)[number]) => of.toWeek - of.fromWeek
        return candidates.every(
          other =>
            width(chosen) < width(other) ||
            (width(chosen) === width(other) && chosen.version >= other.version),
        )
      }),
    )
  },
)

t.test('P6: all rules of a week are in force, in their order', async t => {
  const rules = [
    { id: 'a', fromWeek: 1, toWeek: 15 },
    { id: 'b', fromWeek: 3, toWeek: 3 },
    { id: 'c', fromWeek: 4, toWeek: 9 },
  ]
  t.same(
    rulesInForce(rules, 3).map(rule => rule.id),
    ['a', 'b'],
  )
  t.same(rulesInForce(rules, 16), [])
})
