import { appendFile, readdir, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { createLog } from '@lectern/shared/log.ts'
import t from 'tap'
import { openSpool, type SpooledRecord } from '../../src/clients/spool.ts'

const log = createLog('test', 'silent')
const entry = (id: string): SpooledRecord => ({ id, headers: { a: 'b' }, record: { text: `of ${id}\n` } })

async function idsOf(spool: Awaited<ReturnType<typeof openSpool>>): Promise<string[]> {
  const ids: string[] = []
  await spool.replay(async entries => void ids.push(...entries.map(({ id }) => id)))
  return ids
}

t.test('P2 P3: what was appended is replayed once, byte for byte', async t => {
  const folder = t.testdir()
  const spool = await openSpool(folder, { mostBytes: 1e6, log })
  await Promise.all(['a', 'b', 'c'].map(id => spool.append(entry(id))))
  t.equal(spool.isEmpty, false)
  await t.rejects(
    spool.replay(() => Promise.reject(new Error('bus away'))),
    { message: 'bus away' },
  )
  await spool.append(entry('d'))
  const seen: SpooledRecord[] = []
  await spool.replay(async entries => void seen.push(...entries))
  t.same(seen, ['a', 'b', 'c', 'd'].map(entry))
  t.equal(spool.isEmpty, true)
  t.same(await readdir(folder), [])
  t.same(await idsOf(spool), [])
  await spool.close()
})

t.test('appending goes on while a replay runs', async t => {
  const spool = await openSpool(t.testdir(), { mostBytes: 1e6, log })
  await spool.append(entry('a'))
  await spool.replay(async () => spool.append(entry('b')))
  t.equal(spool.isEmpty, false, 'what came meanwhile waits for the next one')
  t.same(await idsOf(spool), ['b'])
  await spool.close()
})

t.test('it takes no more than its bound', async t => {
  const spool = await openSpool(t.testdir(), { mostBytes: 150, log })
  await spool.append(entry('a'))
  await spool.append(entry('b'))
  await t.rejects(spool.append(entry('c')), { message: /SPOOL_MAX_BYTES/ })
  t.same(await idsOf(spool), ['a', 'b'])
  await spool.append(entry('c'))
  t.same(await idsOf(spool), ['c'])
  await spool.close()
})

t.test('P3: files of processes that are gone are taken over, those of living ones are not', async t => {
  // 2^22 is above the largest process number of Linux.
  const dead = `${hostname()}~4194305~x.spool`
  const alive = `${hostname()}~${process.ppid}~y.spool`
  const foreign = 'another-host~1~z.spool'
  const line = (id: string) => `${JSON.stringify(entry(id))}\n`
  const folder = t.testdir({ [dead]: line('dead'), [alive]: line('alive'), [foreign]: line('foreign') })
  await appendFile(join(folder, dead), '{"id":"torn","rec')
  const spool = await openSpool(folder, { mostBytes: 1e6, log })
  t.same(await idsOf(spool), ['dead'], 'a torn line is skipped')
  t.same((await readdir(folder)).sort(), [alive, foreign].sort())
  await writeFile(join(folder, dead), line('later'))
  await spool.takeOver()
  t.same(await idsOf(spool), ['later'])
  await spool.close()
})

t.test('a folder that cannot be is refused at the start', async t => {
  const folder = t.testdir({ file: '' })
  await t.rejects(openSpool(join(folder, 'file'), { mostBytes: 1, log }))
})
