import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { ProcessDied, spawnProcess, startProcess } from '../src/process.ts'
import { RUNS_FOR_EVER, runs, scripted, until } from './scripted.ts'

t.test('waits until a process is ready, and stops it', async t => {
  const folder = t.testdir()
  const source = `setTimeout(() => require('fs').writeFileSync('up', ''), 100); ${RUNS_FOR_EVER}`
  const running = await startProcess(scripted(folder, 'slow', source, 'up'))
  t.ok(runs(running.pid))
  t.match(JSON.parse(readFileSync(`${folder}/slow.pid`, 'utf8')), { pid: running.pid })
  await running.stop()
  t.notOk(runs(running.pid))
  t.equal(running.ending(), 'killed by SIGTERM')
  t.throws(() => readFileSync(`${folder}/slow.pid`), { code: 'ENOENT' })
})

t.test('says how a process died before it was ready, with its last words of this life', async t => {
  const folder = t.testdir({ 'bad.log': 'from an earlier life\n' })
  const spec = scripted(folder, 'bad', 'console.error("no such thing"); process.exit(3)', 'never')
  const died = await startProcess(spec).catch(error => error)
  t.ok(died instanceof ProcessDied)
  t.equal(died.message, 'bad stopped: exit code 3\n  | no such thing')
  t.equal(died.portTaken, false)
})

t.test('recognises a taken port', async t => {
  const source = 'console.error("Error: listen EADDRINUSE: address already in use"); process.exit(1)'
  const died = await startProcess(scripted(t.testdir(), 'late', source, 'never')).catch(error => error)
  t.equal(died.portTaken, true)
})

t.test('a program that is not there is an error, not a crash', async t => {
  const spec = { ...scripted(t.testdir(), 'none', '', 'never'), command: '/no/such/program' }
  await t.rejects(startProcess(spec), ProcessDied)
})

t.test('kills what does not stop in time', async t => {
  const folder = t.testdir()
  const source = `process.on('SIGTERM', () => {}); require('fs').writeFileSync('up', ''); ${RUNS_FOR_EVER}`
  const running = await startProcess(scripted(folder, 'deaf', source, 'up'))
  await running.stop(200)
  t.equal(running.ending(), 'killed by SIGKILL')
})

t.test('a process dies with a launcher that is killed', async t => {
  const canTell = spawnSync('setpriv', ['--pdeathsig', 'TERM', 'true']).status === 0
  if (!canTell) return t.pass('this platform cannot do that: pid files are used instead')
  const folder = t.testdir()
  const launcher = `
    const { spawnProcess } = await import(${JSON.stringify(new URL('../src/process.ts', import.meta.url).href)})
    const { scripted } = await import(${JSON.stringify(new URL('scripted.ts', import.meta.url).href)})
    const { pid } = spawnProcess(scripted(${JSON.stringify(folder)}, 'child', '${RUNS_FOR_EVER}'))
    require('fs').writeFileSync('child', String(pid))
    setInterval(() => {}, 1000)`
  const parent = spawnProcess(scripted(folder, 'parent', `(async () => {${launcher}})()`))
  const childPid = () => Number(readFileSync(`${folder}/child`, 'utf8'))
  await until(() => {
    try {
      return childPid() > 0
    } catch {
      return false
    }
  })
  t.ok(runs(childPid()))
  process.kill(parent.pid, 'SIGKILL')
  await until(() => !runs(childPid()))
})
