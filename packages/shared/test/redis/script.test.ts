import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { SpanStatusCode } from '@opentelemetry/api'
import t from 'tap'
import { createLog } from '../../src/log.ts'
import { connectRedis } from '../../src/redis/connect.ts'
import { loadScript } from '../../src/redis/script.ts'
import { inSpan, SpanKind } from '../../src/spans.ts'
import { startScraping } from '../../src/testing/metrics.ts'
import { startTestServers } from '../../src/testing/servers.ts'
import { collectSpans } from '../../src/testing/spans.ts'

const spans = collectSpans(t)
const { value } = await startScraping(t)
const { redisUrl } = await startTestServers(t, { redis: true })
const redis = connectRedis({ url: redisUrl, name: 'test', log: createLog('test', 'silent') })
await redis.connect()
t.teardown(() => redis.disconnect())

const folder = mkdtempSync(join(tmpdir(), 'lectern-script-'))
function scriptFile(name: string, source: string): URL {
  writeFileSync(join(folder, name), source)
  return pathToFileURL(join(folder, name))
}
const ADD = `-- add-1.lua: adds to a counter
-- KEYS: counter
-- ARGV: amount, bad
-- REPLIES: added,
--   odd
local sum = redis.call('INCRBY', KEYS[1], ARGV[1])
if ARGV[2] == 'yes' then return { 'surprise' } end
return { 'added', sum }
`
const expected = { keys: ['counter'], args: ['amount', 'bad'], replies: ['added', 'odd'] } as const

t.test('keys and arguments by name; the source is sent again when the cache was flushed', async t => {
  const add = loadScript(scriptFile('add-1.lua', ADD), expected)
  t.same(await add.run(redis, { counter: 'c' }, { amount: 2, bad: 'no' }), { reply: 'added', values: ['2'] })
  await redis.script('FLUSH')
  t.same(await add.run(redis, { counter: 'c' }, { amount: 3, bad: 'no' }), { reply: 'added', values: ['5'] })
})

t.test('a reply that the header does not declare is refused', async t => {
  const add = loadScript(scriptFile('add-1.lua', ADD), expected)
  await t.rejects(add.run(redis, { counter: 'd' }, { amount: 1, bad: 'yes' }), /undeclared reply surprise/)
})

t.test('header and caller must agree, and the name must count the keys', async t => {
  t.throws(() => loadScript(scriptFile('add-1.lua', ADD), { ...expected, args: ['amount'] }), /ARGV says/)
  t.throws(() => loadScript(scriptFile('add-2.lua', ADD), expected), /key count/)
})

t.test(
  'P9: a script is a span with its bucket and its reply, never a key, and only inside of a trace',
  async t => {
    const add = loadScript(scriptFile('add-1.lua', ADD), expected)
    await add.run(redis, { counter: '{q:7f}:alone' }, { amount: 1, bad: 'no' })
    t.same(spans.all(), [])
    await inSpan('a request', { kind: SpanKind.SERVER, root: true }, () =>
      add.run(redis, { counter: '{q:7f}:ada' }, { amount: 1, bad: 'no' }),
    )
    await inSpan('another', { kind: SpanKind.SERVER, root: true }, () =>
      add.run(redis, { counter: 'untagged' }, { amount: 1, bad: 'yes' }).catch(() => undefined),
    )
    const [good, bad] = spans.named('redis add-1.lua')
    const common = { 'db.system.name': 'redis', 'db.operation.name': 'add-1.lua' }
    t.same(good?.attributes, { ...common, 'lectern.redis.bucket': '7f', 'lectern.redis.reply': 'added' })
    t.equal(good?.parentSpanContext?.spanId, spans.named('a request')[0]?.spanContext().spanId)
    t.match(bad?.attributes, { ...common, 'lectern.redis.bucket': '', 'lectern.redis.reply': 'error' })
    t.ok(bad?.status.code === SpanStatusCode.ERROR)
    const script = 'add-1.lua'
    t.ok(Number(await value('lectern_redis_script_seconds_count', { script, reply: 'added' })) >= 2)
    t.ok(Number(await value('lectern_redis_script_seconds_count', { script, reply: 'error' })) >= 1)
  },
)
