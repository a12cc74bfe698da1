import type { ReceivedSpan } from '../../src/trace/receiver.ts'

export const TRACE = 'a'.repeat(32)

/** A made-up span: its id is its name without spaces unless another one is given, its times are milliseconds. */
export function span(
  name: string,
  parentId: string | null,
  [startMs, endMs]: [number, number],
  rest: Partial<ReceivedSpan> = {},
): ReceivedSpan {
  return {
    traceId: TRACE,
    spanId: name.replaceAll(' ', '-'),
    parentId,
    links: [],
    name,
    kind: 'internal',
    service: 'lectern-gateway',
    scope: 'lectern',
    startUs: startMs * 1000,
    endUs: endMs * 1000,
    attributes: {},
    status: 'unset',
    events: [],
    ...rest,
  }
}

const quota = { service: 'lectern-quota' }

/** A request as it runs, its spans in the order of their beginnings. */
export const REQUEST = {
  root: span('POST /v1/chat/completions', null, [0, 100], {
    kind: 'server',
    spanId: 'root',
    attributes: {
      'http.response.status_code': 200,
      'lectern.request.id': '01990000-0000-7000-8000-000000000000',
      'lectern.outcome': 'completed',
      'lectern.charge_tokens': 46,
      'lectern.first_token_ms': 31.2,
    },
  }),
  lookup: span('prompt lookup', 'root', [1, 2], { attributes: { 'lectern.prompt.lookup': 'hit' } }),
  reserve: span('request quota.reserve', 'root', [2, 8], {
    kind: 'client',
    spanId: 'reserve',
    attributes: { 'lectern.reply': 'granted' },
  }),
  handle: span('handle quota.reserve', 'reserve', [3, 7], { ...quota, kind: 'server', spanId: 'handle' }),
  script: span('redis reserve-1.lua', 'handle', [4, 6], {
    ...quota,
    kind: 'client',
    attributes: { 'lectern.redis.bucket': 'a7', 'lectern.redis.reply': 'granted' },
  }),
  attempt: span('chat demo', 'root', [10, 90], {
    kind: 'client',
    attributes: {
      'gen_ai.provider.name': 'scripted',
      'lectern.attempt': 1,
      'lectern.first_token_ms': 20,
      'gen_ai.usage.input_tokens': 12,
      'gen_ai.usage.output_tokens': 34,
      'gen_ai.response.finish_reasons': ['stop'],
    },
  }),
  publish: span('publish records.completed', 'root', [92, 96], { kind: 'producer', spanId: 'publish' }),
}

/** A batch that has taken the request's message, in a trace of its own. */
export const BATCH = span('process quota-ledger', null, [110, 125], {
  ...quota,
  kind: 'consumer',
  traceId: 'b'.repeat(32),
  links: [
    { traceId: 'c'.repeat(32), spanId: 'other' },
    { traceId: TRACE, spanId: 'publish' },
  ],
  attributes: { 'messaging.batch.message_count': 2 },
})

export const INSERT = span('pg.query:INSERT lectern', 'process-quota-ledger', [112, 118], {
  ...quota,
  kind: 'client',
  traceId: 'b'.repeat(32),
})
