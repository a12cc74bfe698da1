import { readFileSync } from 'node:fs'
import t from 'tap'
import { ProcessDied } from '../src/process.ts'
import { GaveUp, Supervisor } from '../src/supervisor.ts'
import { RUNS_FOR_EVER, runs, scripted, until } from './scripted.ts'

function supervise(options: { quickMs?: number } = {}) {
  const lines: string[] = []
  const states: Record<string, number>[] = []
  const supervisor = new Supervisor({
    say: line => lines.push(line),
    changed: pids => states.push(pids),
    backoffMs: 20,
    ...options,
  })
  return { supervisor, lines, states }
}

t.test('starts again a process that was killed, says so, and knows its new pid', async t => {
  const { supervisor, lines, states } = supervise()
  t.teardown(() => supervisor.stop())
  const worker = scripted(t.testdir(), 'worker', `console.log('my last words'); ${RUNS_FOR_EVER}`)
  await supervisor.start(worker)
  const first = supervisor.pids().worker ?? 0
  await until(() => readFileSync(worker.logFile, 'utf8').includes('my last words'))
  process.kill(first, 'SIGKILL')
  await until(() => lines.some(line => line.includes('runs again')))
  const second = supervisor.pids().worker ?? 0
  t.not(second, first)
  t.ok(runs(second))
  t.match(
    lines[0],
    /^worker stopped: killed by SIGKILL\n {2}\| my last words\n {2}starting worker again in 0.02 s$/,
  )
  t.equal(lines[1], `worker runs again (pid ${second})`)
  t.same(states, [{ worker: first }, { worker: second }])
})

t.test('three quick deaths are enough', async t => {
  const { supervisor, lines } = supervise()
  const folder = t.testdir()
  const broken = scripted(folder, 'broken', 'console.log("no configuration"); process.exit(78)', 'never')
  await t.rejects(supervisor.start(broken), GaveUp)
  await t.rejects(supervisor.failed, {
    message: /broken died 3 times in a row.*\n.*exit code 78\n.*no configuration/,
  })
  t.match(lines, [/again in 0.02 s/, /again in 0.04 s/], 'and the waits between them grow')
  t.equal(lines.length, 2)
})

t.test('three deaths of a process that had been ready count as well, if they were quick', async t => {
  const { supervisor } = supervise()
  t.teardown(() => supervisor.stop())
  await supervisor.start(scripted(t.testdir(), 'short', 'setTimeout(() => process.exit(1), 50)'))
  await t.rejects(supervisor.failed, GaveUp)
})

t.test('a process that lives long between its deaths is always started again', async t => {
  const { supervisor, lines } = supervise({ quickMs: 5 })
  await supervisor.start(scripted(t.testdir(), 'long', 'setTimeout(() => process.exit(1), 30)'))
  await until(() => lines.filter(line => line.includes('runs again')).length >= 5)
  await supervisor.stop()
})

t.test('a port that somebody else took first is for the caller to solve', async t => {
  const { supervisor, lines } = supervise()
  const late = scripted(t.testdir(), 'late', 'console.error("EADDRINUSE"); process.exit(1)', 'never')
  await t.rejects(supervisor.start(late), ProcessDied)
  t.same(lines, [])
  t.same(supervisor.pids(), {})
})

t.test('stops in reverse order', async t => {
  const { supervisor } = supervise()
  const folder = t.testdir()
  const source = (name: string) =>
    `process.on('SIGTERM', () => { require('fs').appendFileSync('order', '${name} '); process.exit() });
     require('fs').writeFileSync('${name}', ''); ${RUNS_FOR_EVER}`
  for (const name of ['postgres', 'quota', 'gateway']) {
    await supervisor.start(scripted(folder, name, source(name), name))
  }
  const pids = Object.values(supervisor.pids())
  await supervisor.stop()
  t.equal(readFileSync(`${folder}/order`, 'utf8'), 'gateway quota postgres ')
  t.notOk(pids.some(runs))
})

t.test('a stop ends also a start that is under way, and a wait before the next try', async t => {
  const { supervisor } = supervise()
  const starting = supervisor.start(scripted(t.testdir(), 'never', RUNS_FOR_EVER, 'never'))
  starting.catch(() => {})
  await until(() => supervisor.pids().never)
  await supervisor.stop()
  await t.rejects(starting, { message: 'never was stopped' })
  await t.rejects(supervisor.start(scripted(t.testdir(), 'after', RUNS_FOR_EVER)), {
    message: 'after was stopped',
  })
})
