import { ListConversationsCall, SearchConversationsCall } from '@lectern/shared/contracts/conversations.ts'
import { createLog } from '@lectern/shared/log.ts'
import { connectBus } from '@lectern/shared/nats/connect.ts'
import { createResponder } from '@lectern/shared/nats/responder.ts'
import t from 'tap'
import { startConsole } from '../lectern.ts'

const { servers, api } = await startConsole(t)
const log = createLog('stand-in', 'silent')
const nc = await connectBus({ url: servers.natsUrl, service: 'logger', log })
t.teardown(() => nc.close())
const responder = createResponder(nc, { queue: 'logger', log })
let asked: object = {}
for (const call of [ListConversationsCall, SearchConversationsCall]) {
  responder.on<typeof call>(call, async request => {
    asked = { subject: call.subject, ...request }
    return { items: [], next: null }
  })
}
await nc.flush()

t.test('without words it is a list, with every filter in the terms of the contract', async t => {
  const query =
    'course=ml-26&student=s1&week=3&model=m&rule=r1&outcome=blocked&flagged=false&from=2026-11-01&to=2026-11-08T12:30:00%2B01:00&limit=7&cursor=abc'
  t.match(await api(`GET /api/conversations?${query}`), { status: 200, body: { items: [], next: null } })
  t.same(asked, {
    subject: 'conversations.list',
    courseId: 'ml-26',
    studentId: 's1',
    week: 3,
    model: 'm',
    ruleId: 'r1',
    outcome: 'blocked',
    flagged: false,
    from: '2026-11-01T00:00:00.000Z',
    to: '2026-11-08T11:30:00.000Z',
    limit: 7,
    cursor: 'abc',
  })
})

t.test('with words it is a search, in any language', async t => {
  await api(`GET /api/conversations?q=${encodeURIComponent('梯度 下降')}`)
  t.same(asked, { subject: 'conversations.search', q: '梯度 下降', limit: 50 })
  t.equal((await api(`GET /api/conversations?q=${'x'.repeat(201)}`)).status, 400)
})

t.test('times that a person or a program writes', async t => {
  const times: Record<string, string> = {
    '2026-11-23': '2026-11-23T00:00:00.000Z',
    '2026-11-23T08:00Z': '2026-11-23T08:00:00.000Z',
    // The `+` was not escaped.
    '2026-11-23T08:00:00+08:00': '2026-11-23T00:00:00.000Z',
    '2026-11-23T08:00:00.123456Z': '2026-11-23T08:00:00.123Z',
  }
  for (const [text, instant] of Object.entries(times)) {
    await api(`GET /api/conversations?from=${text}`)
    t.match(asked, { from: instant }, text)
  }
  for (const text of ['2026-13-01', '2026-02-30', '2026-11-23T08:00', '1763856000']) {
    const { status, body } = await api(`GET /api/conversations?to=${text}`)
    t.equal(status, 400, text)
    t.match(body, { error: { param: 'to', message: /must be a date/ } })
  }
})
