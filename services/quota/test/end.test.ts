import { HEADER } from '@lectern/shared/contracts/subjects.ts'
import t from 'tap'
import { parseEnd } from '../src/end.ts'

const facts = {
  [HEADER.reservation]: 'r',
  [HEADER.course]: 'c',
  [HEADER.student]: 's',
  [HEADER.week]: '3',
  [HEADER.end]: 'settle',
  [HEADER.model]: 'm',
  [HEADER.charge]: '42',
  [HEADER.input]: '40',
  [HEADER.output]: '2',
}
const parse = (changed: Record<string, string | undefined> = {}) => {
  const all: Record<string, string | undefined> = { ...facts, ...changed }
  return parseEnd({ get: name => all[name] ?? '' })
}
const end = {
  reservationId: 'r',
  kind: 'settle',
  courseId: 'c',
  studentId: 's',
  week: 3,
  chargeTokens: 42,
  model: 'm',
  inputTokens: 40,
  outputTokens: 2,
}

t.test('an end is read from headers', async t => {
  t.same(parse(), end)
  t.same(parse({ [HEADER.end]: 'release', [HEADER.charge]: undefined }), {
    ...end,
    kind: 'release',
    chargeTokens: 0,
  })
  t.same(parse({ [HEADER.model]: undefined, [HEADER.input]: undefined, [HEADER.output]: undefined }), {
    ...end,
    model: null,
    inputTokens: null,
    outputTokens: null,
  })
})

t.test('P2: an unknown charge is never taken for zero', async t => {
  for (const charge of [undefined, ' ', '-1', '1.5', '1e3', '0x10', '9'.repeat(16), 'NaN'])
    t.throws(
      () => parse({ [HEADER.charge]: charge }),
      { code: 'invalid_request', param: 'chargeTokens' },
      String(charge),
    )
})

t.test('what is missing or wrong is named', async t => {
  t.throws(() => parse({ [HEADER.reservation]: undefined }), {
    code: 'invalid_request',
    param: 'reservationId',
  })
  t.throws(() => parse({ [HEADER.week]: '0' }), { code: 'invalid_request', param: 'week' })
  t.throws(() => parse({ [HEADER.end]: 'refund' }), { code: 'invalid_request', param: 'kind' })
  t.throws(() => parse({ [HEADER.course]: 'Not A Course' }), { code: 'invalid_request', param: 'courseId' })
  t.throws(
    () => parse({ [HEADER.end]: 'release' }),
    { code: 'invalid_request', param: 'chargeTokens' },
    'a release that charges',
  )
  t.throws(() => parseEnd(undefined), { code: 'invalid_request' })
})
