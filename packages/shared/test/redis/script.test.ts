import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { createLog } from '../../src/log.ts'
import { connectRedis } from '../../src/redis/connect.ts'
import { loadScript } from '../../src/redis/script.ts'
import { startTestServers } from '../../src/testing/servers.ts'

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
