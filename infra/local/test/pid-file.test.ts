import { writeFileSync } from 'node:fs'
import t from 'tap'
import { processIdentity, readPidFile, stopLeftover, writePidFile } from '../src/pid-file.ts'
import { spawnProcess } from '../src/process.ts'
import { RUNS_FOR_EVER, runs, scripted } from './scripted.ts'

t.test('finds the process that it was written for, and no other with the same pid', async t => {
  const file = `${t.testdir()}/pid`
  writePidFile(file, process.pid)
  t.equal(readPidFile(file), process.pid)
  writeFileSync(file, JSON.stringify({ pid: process.pid, identity: 'of a process before the last boot' }))
  t.equal(readPidFile(file), undefined)
  t.equal(await stopLeftover(file), false, 'and leaves that one alone')
})

t.test('no file, an empty file, a pid that nobody has: nothing is left over', async t => {
  const folder = t.testdir({ empty: '', gone: JSON.stringify({ pid: 2 ** 22 + 1 }) })
  for (const name of ['none', 'empty', 'gone']) t.equal(readPidFile(`${folder}/${name}`), undefined, name)
  t.equal(processIdentity(2 ** 22 + 1), undefined)
})

t.test('stops what a killed run has left behind', async t => {
  const folder = t.testdir()
  const { pid } = spawnProcess(scripted(folder, 'orphan', RUNS_FOR_EVER))
  t.equal(await stopLeftover(`${folder}/orphan.pid`), true)
  t.notOk(runs(pid))
  t.equal(await stopLeftover(`${folder}/orphan.pid`), false)
})
