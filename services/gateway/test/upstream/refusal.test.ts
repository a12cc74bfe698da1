import t from 'tap'
import { ApiKeys } from '../../src/upstream/api-keys.ts'
import { Refusal, retryAfterMsOf } from '../../src/upstream/failure.ts'
import { explainRefusal } from '../../src/upstream/providers/openai.ts'

const OWN_KEYS = new ApiKeys([{ name: 'OWN_KEY', value: 'sk-own' }])
const refusal = (status: number, message: string) =>
  explainRefusal(new Refusal(status, {}, JSON.stringify({ error: { message } })), OWN_KEYS)

t.test('P10: a provider that quotes the request is heard by the student, not by the log', async t => {
  const failure = refusal(400, 'not allowed: "what somebody wrote"')
  t.equal(failure.message, 'the provider answered 400')
  t.match(failure.toPublic(), { code: 'provider_rejected', message: /what somebody wrote/ })
  t.notMatch(JSON.stringify(failure), 'somebody')
})

t.test('what is the operator’s to mend is in the log, without the key', async t => {
  const failure = refusal(401, 'the account of sk-own is closed')
  t.match(failure.message, /^the provider answered 401: the account of .* is closed$/)
  t.notMatch(failure.message, 'sk-own')
  t.notMatch(failure.toPublic().message, 'closed')
})

t.test('how long a provider asks to wait: seconds, milliseconds or a date', async t => {
  const nowMs = Date.UTC(2026, 10, 26, 12, 0, 0)
  const wait = (headers: Record<string, string>) => retryAfterMsOf(headers, nowMs)
  t.equal(wait({ 'retry-after': '7' }), 7000)
  t.equal(wait({ 'retry-after': '0.5' }), 500)
  t.equal(wait({ 'retry-after': '7', 'retry-after-ms': '250' }), 250, 'the more exact one')
  t.equal(wait({ 'retry-after': 'Thu, 26 Nov 2026 12:00:30 GMT' }), 30_000)
  t.equal(wait({ 'retry-after': 'Thu, 26 Nov 2026 11:00:00 GMT' }), 0, 'long over')
  t.equal(wait({ 'retry-after': '99999999' }), 3_600_000, 'an hour at most')
  for (const nonsense of ['', '-1', 'soon', 'Soon, or later']) {
    t.equal(wait({ 'retry-after': nonsense }), undefined, nonsense)
  }
  t.equal(wait({}), undefined)
})
