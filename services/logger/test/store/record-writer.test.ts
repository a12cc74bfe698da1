import { createLog } from '@lectern/shared/log.ts'
import { createPool } from '@lectern/shared/postgres/pool.ts'
import { startTestServers } from '@lectern/shared/testing/servers.ts'
import t from 'tap'
import { toRow } from '../../src/record-row.ts'
import { createRecordWriter } from '../../src/store/record-writer.ts'
import { MIGRATIONS, recordOf } from '../logger.ts'

const { databaseUrl } = await startTestServers(t, { postgres: { schema: 'logs', migrations: MIGRATIONS } })
let text = ''
const log = createLog('test', 'debug', {
  write(line) {
    text += line
  },
})
const pool = createPool({ url: databaseUrl, name: 'test', log, slowQueryMs: 0 })
t.teardown(() => pool.end())
const write = createRecordWriter(pool, log)
t.beforeEach(() => {
  text = ''
})

const rowsOf = (count: number) => Array.from({ length: count }, () => toRow(recordOf()))
const idsIn = async () =>
  (await pool.query<{ id: string }>('SELECT id FROM logs.records ORDER BY id')).rows.map(({ id }) => id)

t.test('P3: repeats, in a batch and between batches, change nothing and hold nothing back', async t => {
  const [first, second, third] = [rowsOf(3), rowsOf(3), rowsOf(3)]
  await write(first)
  await write([...second, ...second])
  await write([...first, ...third, ...second])
  t.same(await idsIn(), [...first, ...second, ...third].map(({ id }) => id).sort())
  t.match(text, '"records":9,"repeated":6')
})

t.test('P3: two writers with the same records, at the same time', async t => {
  const rows = rowsOf(200)
  const before = (await idsIn()).length
  await Promise.all([write(rows), write(rows), write(rows.slice(50))])
  t.equal((await idsIn()).length, before + 200)
})

t.test('P3: a repeat is found before all of a large batch is sent', async t => {
  const [repeated] = rowsOf(1)
  const large = { ...toRow(recordOf()), messages: [{ role: 'user', content: 'x'.repeat(8_000_000) }] }
  if (!repeated) return
  await write([repeated])
  const before = (await idsIn()).length
  await write([repeated, large])
  t.equal((await idsIn()).length, before + 1)
  await write(rowsOf(1))
  t.equal((await idsIn()).length, before + 2)
})

t.test('P11: a slow COPY is a line with its name', async t => {
  await write(rowsOf(10))
  t.match(text, '"statement":"copy-records"')
})

t.test(
  'a batch that is refused leaves nothing of its words in the log, and the connection goes on',
  async t => {
    const before = await idsIn()
    const deep = '['.repeat(100_000) + ']'.repeat(100_000)
    const refused = {
      ...toRow(recordOf()),
      question: 'a secret',
      messages: JSON.parse(`["a secret",${deep}]`),
    }
    await t.rejects(write([...rowsOf(5), refused]), { code: '54001' })
    t.notMatch(text, 'a secret')
    t.same(await idsIn(), before, 'all or nothing')
    await write(rowsOf(1))
    t.equal((await idsIn()).length, before.length + 1)
  },
)
