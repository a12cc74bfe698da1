import t from 'tap'
import { LOG_LEVEL_CHANGE } from '../../src/contracts/subjects.ts'
import { createLog } from '../../src/log.ts'
import { connectBus } from '../../src/nats/connect.ts'
import { followLogLevel } from '../../src/nats/log-level.ts'
import { startTestServers } from '../../src/testing/servers.ts'

const { natsUrl } = await startTestServers(t, { nats: true })
const quiet = createLog('test', 'silent')
const nc = await connectBus({ url: natsUrl, service: 'test', log: quiet })
t.teardown(() => nc.close())

/** A service's log that follows the bus, and a timer that runs when the test says so. */
function follow(name: string) {
  const lines: { level: number; msg: string }[] = []
  const log = createLog(name, 'info', { write: line => void lines.push(JSON.parse(line)) })
  const timers: { work: () => void; afterMs: number; off: boolean }[] = []
  followLogLevel(nc, { name, log }, (work, afterMs) => {
    const timer = { work, afterMs, off: false }
    timers.push(timer)
    return () => {
      timer.off = true
    }
  })
  return { log, lines, timers }
}

const quota = follow('quota')
const logger = follow('logger')
const say = async (change: unknown) => {
  nc.publish(LOG_LEVEL_CHANGE, JSON.stringify(change))
  await nc.flush()
}

t.test('the level changes for the minutes that are said, in the service that is meant', async t => {
  quota.log.debug('not shown')
  await say({ service: 'quota', level: 'debug', minutes: 15 })
  t.equal(quota.log.level, 'debug')
  t.equal(logger.log.level, 'info', 'the other one is as it was')
  quota.log.child({ part: 'new' }).debug('shown')
  t.same(
    quota.lines.map(({ msg }) => msg),
    ['log level: changed', 'shown'],
  )
  const [timer] = quota.timers
  t.equal(timer?.afterMs, 15 * 60_000)
  timer?.work()
  t.equal(quota.log.level, 'info', 'as configured, after the time')
  t.equal(quota.lines.at(-1)?.msg, 'log level: as configured again')
})

t.test('a later change takes the place of the one before, and * means every service', async t => {
  await say({ service: '*', level: 'trace', minutes: 5 })
  await say({ service: '*', level: 'error', minutes: 60 })
  for (const { log, timers } of [quota, logger]) {
    t.equal(log.level, 'error')
    const [last, before] = timers.toReversed()
    t.equal(before?.off, true, 'it would end the new one too early')
    t.equal(last?.off, false)
    t.equal(last?.afterMs, 3_600_000)
  }
  await say({ service: '*', level: 'error', minutes: 0 })
  for (const { log } of [quota, logger]) t.equal(log.level, 'info', 'no minutes: at once')
})

t.test('P11: what is no change is none, and is said', async t => {
  for (const wrong of [
    { service: 'quota', level: 'loud', minutes: 1 },
    { service: 'quota' },
    'nonsense',
    null,
  ])
    await say(wrong)
  await say({ service: 'quota', level: 'debug', minutes: 10_000 })
  t.equal(quota.log.level, 'info')
  t.equal(quota.lines.filter(({ msg }) => msg.includes('could not be read')).length, 5)
})

t.test('by itself the level returns on a timer that keeps no process alive', async t => {
  const log = createLog('prompts', 'warn', { write: () => undefined })
  followLogLevel(nc, { name: 'prompts', log })
  await say({ service: 'prompts', level: 'trace', minutes: 1440 })
  t.equal(log.level, 'trace')
})
