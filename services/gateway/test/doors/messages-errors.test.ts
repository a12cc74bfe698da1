import Anthropic from '@anthropic-ai/sdk'
import t from 'tap'
import { MODEL, startCampus } from '../campus.ts'

/** What Anthropic's official client makes of refusals and failures. */

const campus = await startCampus(t)
const { staff } = campus
const client = new Anthropic({ baseURL: campus.url, apiKey: campus.key, maxRetries: 0 })
const ask = (content: string) => ({
  model: MODEL,
  max_tokens: 200,
  messages: [{ role: 'user' as const, content }],
})

t.test('each kind of error arrives as the class that the client has for it', async t => {
  const failureOf = async (body: object, by = client) =>
    await by.messages.create({ ...ask('hi'), ...body }).then(
      () => undefined,
      (error: unknown) => error,
    )
  const stranger = new Anthropic({ baseURL: campus.url, apiKey: 'sk-ant-1', maxRetries: 0 })
  const webSearch = { type: 'web_search_20250305', name: 'web_search' }
  const pdf = {
    type: 'document',
    source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' },
  }
  const cases: [unknown, new (...args: never[]) => Error, string, RegExp][] = [
    [await failureOf({}, stranger), Anthropic.AuthenticationError, 'authentication_error', /not valid/],
    [await failureOf({ model: 'nope' }), Anthropic.NotFoundError, 'not_found_error', /does not exist/],
    [
      await failureOf({ max_tokens: undefined }),
      Anthropic.BadRequestError,
      'invalid_request_error',
      /max_tokens is missing/,
    ],
    [
      await failureOf({ tools: [webSearch] }),
      Anthropic.BadRequestError,
      'invalid_request_error',
      /tools\[0\] is a built-in/,
    ],
    [
      await failureOf({ messages: [{ role: 'user', content: [pdf] }] }),
      Anthropic.BadRequestError,
      'invalid_request_error',
      /messages\[0\]\.content\[0\]\.source\.type must be text/,
    ],
    [
      await failureOf({ messages: [{ role: 'user', content: '[[demo: status=500]]' }] }),
      Anthropic.InternalServerError,
      'api_error',
      /failed/,
    ],
  ]
  for (const [error, kind, type, message] of cases) {
    t.type(error, kind, type)
    t.match(error, { requestID: /^[0-9a-f-]{36}$/, type, error: { type: 'error', error: { type, message } } })
  }
  staff.deny = {
    granted: false,
    reason: 'insufficient_quota',
    remaining: 12,
    resetsAtMs: null,
    retryAfterMs: null,
    rateLimits: null,
  }
  const spent = await failureOf({})
  staff.deny = null
  t.type(spent, Anthropic.RateLimitError)
  t.match(spent, {
    error: { error: { type: 'rate_limit_error', code: 'insufficient_quota', message: /12 tokens are left/ } },
  })
})

t.test('P5: a provider that breaks in the middle: an error event, never an end', async t => {
  const seen: string[] = []
  const failure = await client.messages
    .create({ ...ask('[[demo: cut=5 gap=5 tokens=50]]'), stream: true })
    .then(async stream => {
      for await (const event of stream) seen.push(event.type)
    })
    .catch((error: unknown) => error)
  t.match(failure, { error: { type: 'error', error: { type: 'api_error', code: 'provider_error' } } })
  t.type(failure, Anthropic.APIError)
  t.ok(seen.includes('content_block_delta'))
  for (const end of ['content_block_stop', 'message_delta', 'message_stop']) t.notOk(seen.includes(end), end)
  t.match((await campus.records()).at(-1)?.record, { outcome: 'upstream_cut', errorCode: 'provider_error' })
})
