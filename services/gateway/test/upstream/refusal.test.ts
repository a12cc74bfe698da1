import t from 'tap'
import { ApiKeys } from '../../src/upstream/api-keys.ts'
import { Refusal } from '../../src/upstream/failure.ts'
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
