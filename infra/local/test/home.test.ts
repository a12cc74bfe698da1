import { readdirSync, readFileSync, statSync } from 'node:fs'
import t from 'tap'
import { claimHome } from '../src/home.ts'
import { UserError } from '../src/options.ts'
import { spawnProcess } from '../src/process.ts'
import { RUNS_FOR_EVER, runs, scripted } from './scripted.ts'

t.test('is for its owner only, and logs begin anew', async t => {
  const path = `${t.testdir({ logs: { 'quota.log': 'before' } })}`
  const home = await claimHome(path, () => {})
  t.equal(statSync(path).mode & 0o777, 0o700)
  t.same(readdirSync(`${path}/logs`), ['quota.1.log'])
  home.release()
  t.same(readdirSync(`${path}/run`), [])
})

t.test('what a killed run has left behind is stopped', async t => {
  const path = t.testdir()
  const home = await claimHome(path, () => {})
  const { pid } = spawnProcess({ ...scripted(path, 'quota', RUNS_FOR_EVER), pidFile: home.pidFile('quota') })
  home.release()
  const said: string[] = []
  const again = await claimHome(path, line => said.push(line))
  t.same(said, ['stopped what a killed run has left behind: quota'])
  t.notOk(runs(pid))
  again.release()
})

t.test('a second Lectern in the same folder is refused, and the first one not disturbed', async t => {
  const path = t.testdir()
  const home = await claimHome(path, () => {})
  const before = readFileSync(`${path}/run/launcher.pid`, 'utf8')
  await t.rejects(
    claimHome(path, () => {}),
    UserError,
  )
  t.equal(readFileSync(`${path}/run/launcher.pid`, 'utf8'), before)
  home.release()
})
