import { readFileSync } from 'node:fs'
import t from 'tap'
import { CATALOGUE, errorBody, errorHeaders, LecternError, toLecternError } from '../src/errors.ts'

t.test('docs/errors.md lists exactly the catalogue', async t => {
  const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8')
  const rows = [...page.matchAll(/^\| `([a-z_]+)` \| (\d{3}) \| (yes|no) \|/gm)].map(
    ([, code, status, retry]) => ({
      code,
      status: Number(status),
      retryable: retry === 'yes',
    }),
  )
  const catalogue = Object.entries(CATALOGUE).map(([code, { status, retryable }]) => ({
    code,
    status,
    retryable,
  }))
  t.same(rows, catalogue)
})

t.test('an error in the shape of OpenAI', async t => {
  const error = new LecternError('insufficient_quota', { message: 'You have 3 tokens left.' })
  t.same(errorBody(error), {
    error: {
      message: 'You have 3 tokens left.',
      type: 'insufficient_quota',
      param: null,
      code: 'insufficient_quota',
    },
  })
  t.same(errorHeaders(error), { 'x-should-retry': 'false' })
})

t.test('a refusal that waiting helps says how long', async t => {
  const error = new LecternError('rate_limit_exceeded', { retryAfterMs: 1200 })
  t.same(errorHeaders(error), { 'retry-after': '2', 'retry-after-ms': '1200' })
})

t.test('what was not thrown on purpose keeps its text inside', async t => {
  const error = toLecternError(new Error('password of the database is hunter2'))
  t.equal(error.code, 'internal_error')
  t.notMatch(JSON.stringify(errorBody(error)), /hunter2/)
})
