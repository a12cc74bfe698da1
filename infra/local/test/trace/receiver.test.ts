import t from 'tap'
import { type ReceivedSpan, startReceiver } from '../../src/trace/receiver.ts'

const received: ReceivedSpan[] = []
const receiver = await startReceiver(spans => received.push(...spans))
t.teardown(() => receiver.close())
const send = (path: string, body: string) => fetch(receiver.url + path, { method: 'POST', body })

t.test('spans come as plain objects', async t => {
  const attributes = [
    { key: 'text', value: { stringValue: 'a' } },
    { key: 'whole', value: { intValue: '7' } },
    { key: 'part', value: { doubleValue: 0.5 } },
    { key: 'yes', value: { boolValue: true } },
    { key: 'list', value: { arrayValue: { values: [{ stringValue: 'stop' }] } } },
  ]
  const spans = [
    {
      traceId: 't1',
      spanId: 's1',
      name: 'root',
      kind: 2,
      startTimeUnixNano: '1795575537000001000',
      endTimeUnixNano: '1795575537000002999',
      attributes,
      status: { code: 2 },
      links: [{ traceId: 't0', spanId: 's0', attributes: [] }],
      events: [{ name: 'first', timeUnixNano: '1795575537000001500', attributes: [] }],
    },
    {
      traceId: 't1',
      spanId: 's2',
      parentSpanId: 's1',
      name: 'child',
      startTimeUnixNano: '0',
      endTimeUnixNano: '0',
    },
  ]
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'lectern-quota' } }] }
  const response = await send(
    '/v1/traces',
    JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'lectern' }, spans }] }] }),
  )
  t.equal(response.status, 200)
  t.same(await response.json(), {})
  t.same(received[0], {
    traceId: 't1',
    spanId: 's1',
    parentId: null,
    links: [{ traceId: 't0', spanId: 's0' }],
    name: 'root',
    kind: 'server',
    service: 'lectern-quota',
    scope: 'lectern',
    startUs: 1795575537000001,
    endUs: 1795575537000002,
    attributes: { text: 'a', whole: 7, part: 0.5, yes: true, list: ['stop'] },
    status: 'error',
    events: [{ name: 'first', atUs: 1795575537000001, attributes: {} }],
  })
  t.match(received[1], { parentId: 's1', kind: 'unspecified', status: 'unset', attributes: {} })
})

t.test('what are no spans is refused, and it goes on', async t => {
  const before = received.length
  t.equal((await send('/v1/traces', 'not JSON')).status, 400)
  t.equal((await send('/v1/traces', '{"resourceSpans":[{"scopeSpans":[{"spans":[{}]}]}]}')).status, 400)
  t.equal((await send('/v1/metrics', '{}')).status, 404)
  t.equal((await fetch(`${receiver.url}/v1/traces`)).status, 404)
  t.equal((await send('/v1/traces', '{}')).status, 200)
  t.equal(received.length, before)
})
