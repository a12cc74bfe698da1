import fc from 'fast-check'
import t from 'tap'
import { rulesInForce, versionInForce } from '../src/prompt-schedule.ts'

const NOW_MS = Date.parse('2026-11-26T12:00:00Z')
const version = (number: number, fromWeek: number, toWeek: number, publishAt: string | null = null) => ({
  ...{ version: number, fromWeek, toWeek, publishAt },
  createdAt: '2026-11-25T08:00:00.000Z',
})
const numberInForce = (versions: ReturnType<typeof version>[], week: number) =>
  versionInForce(versions, week, NOW_MS)?.version ?? null

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
        const chosen = versionInForce(versions, week, NOW_MS)
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

t.test('P6: what is published at a time is in force from then on, above what was newest by then', async t => {
  const noon = '2026-11-26T12:00:00.000Z'
  const versions = [version(1, 1, 5), version(2, 1, 5, noon), version(3, 1, 5)]
  const at = (nowMs: number) => versionInForce(versions, 1, nowMs)?.version
  t.equal(at(NOW_MS - 1), 3, 'until then, the newest of the others')
  t.equal(at(NOW_MS), 2, 'then it, though its number is lower')
  const later = { ...version(4, 1, 5), createdAt: '2026-11-26T13:00:00.000Z' }
  t.equal(versionInForce([...versions, later], 1, NOW_MS + 7_200_000)?.version, 4)
})
