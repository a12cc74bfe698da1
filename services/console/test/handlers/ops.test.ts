import { LOG_LEVEL_CHANGE } from '@lectern/shared/contracts/subjects.ts'
import { createLog } from '@lectern/shared/log.ts'
import { connectBus } from '@lectern/shared/nats/connect.ts'
import t from 'tap'
import { clientOf, startConsole } from '../lectern.ts'

const { servers, api, url } = await startConsole(t)
const nc = await connectBus({ url: servers.natsUrl, service: 'test', log: createLog('test', 'silent') })
t.teardown(() => nc.close())
const heard: unknown[] = []
nc.subscribe(LOG_LEVEL_CHANGE, { callback: (_, message) => void heard.push(message.json()) })
await nc.flush()
const ROUTE = 'PUT /api/ops/log-level'

t.test('a change of the log level is told to every service', async t => {
  const change = { service: 'quota', level: 'debug', minutes: 3 }
  t.match(await api(ROUTE, change), { status: 202, body: change })
  t.match(await api(ROUTE, { service: 'logger', level: 'warn' }), { status: 202, body: { minutes: 15 } })
  await nc.flush()
  t.same(heard, [change, { service: 'logger', level: 'warn', minutes: 15 }])
})

t.test('P10: only staff may, and only what there is', async t => {
  heard.length = 0
  const change = { service: '*', level: 'debug', minutes: 3 }
  t.equal((await clientOf(url, null)(ROUTE, change)).status, 401)
  for (const [wrong, param] of [
    [{ ...change, service: 'nobody' }, 'service'],
    [{ ...change, level: 'silent' }, 'level'],
    [{ ...change, minutes: 1441 }, 'minutes'],
    [{ ...change, hours: 1 }, 'hours'],
    [{ level: 'debug' }, 'service'],
  ] as const) {
    t.match(await api(ROUTE, wrong), { status: 400, body: { error: { param } } })
  }
  await nc.flush()
  t.same(heard, [])
})
