import type { Course } from '@lectern/shared/contracts/courses.ts'
import type { ErrorBody } from '@lectern/shared/errors.ts'
import t from 'tap'
import { COURSE } from './lectern.ts'
import { startLectern } from './real-services.ts'

const { api } = await startLectern(t)
const today = Temporal.Now.plainDateISO('UTC')
const RUNNING = { ...COURSE, timezone: 'UTC', startsOn: today.subtract({ days: 2 }).toString() }

t.test('settings of a course that cannot be are refused: the field, and one fault in words', async t => {
  await api<Course>('POST /api/courses', RUNNING)
  for (const [param, patch] of [
    ['breaks', { breaks: [{ startsOn: today.toString(), weeks: 1 }] }],
    ['breaks[0].until', { breaks: [{ startsOn: today.add({ days: 5 }).toString(), weeks: 1, until: 'x' }] }],
    ['breaks[0].weeks', { breaks: [{ startsOn: today.add({ days: 5 }).toString(), weeks: 0 }] }],
    ['modelWeights.m.cachedInput', { modelWeights: { m: { input: 1, cachedInput: 2, output: 1 } } }],
    ['modelWeights.m.output', { modelWeights: { m: { input: 1, cachedInput: 1, output: 0.5 } } }],
    [
      'modelWeights.m.reasoning',
      { modelWeights: { m: { input: 1, cachedInput: 1, output: 1, reasoning: 1 } } },
    ],
    ['modelWeights.a\u2028b', { modelWeights: { 'a\u2028b': 5 } }],
    ['tokensPerMinute', { tokensPerMinute: 0 }],
  ] as const) {
    const answer = await api<ErrorBody>('PATCH /api/courses/ml-26', patch)
    t.match(answer, { status: 400, body: { error: { param } } }, `a fault of ${Object.keys(patch)}`)
    t.notMatch(answer.body.error.message, /faults|null|schema/, 'one fault, in words')
  }
  t.match(await api('POST /api/courses', { ...RUNNING, id: 'x', models: ['\ud800'] }), {
    status: 400,
    body: { error: { param: 'models[0]' } },
  })
})
