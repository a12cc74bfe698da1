import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import t from 'tap'
import { startCampus, until } from './campus.ts'
import { eventsOf, postChat, readChunks } from './http.ts'

t.test('P8: any replica serves any request, and killing one loses only its open streams', async t => {
  const campus = await startCampus(t)
  const child = spawn(process.execPath, [new URL('../src/main.ts', import.meta.url).pathname], {
    env: { ...process.env, ...campus.env, PORT: '0', LOG_LEVEL: 'info' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  let log = ''
  child.stdout.on('data', data => {
    log += data
  })
  const url = await until(() => /listening at (http:\/\/[\d.:]+)/.exec(log)?.[1] ?? null)
  const other = { url, key: campus.key }
  t.equal((await postChat(other, 'hi', { stream: false })).status, 200)
  const [lost, kept] = await Promise.all(
    [other, campus].map(at => postChat(at, '[[demo: gap=30 tokens=30]]')),
  )
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
  if (!lost || !kept) return t.fail('no answers')
  const { broken, text } = await readChunks(lost)
  t.ok(broken)
  t.notMatch(text, /\[DONE\]/, 'what was lost does not look complete')
  t.equal(eventsOf(await kept.text()).at(-1), '[DONE]')
  t.equal((await postChat(campus, 'hi', { stream: false })).status, 200)
})

t.test('P8: no database and no Redis', async t => {
  const { dependencies } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'))
  t.same(
    Object.keys(dependencies).filter(name => /redis|^pg$|prisma|postgres/.test(name)),
    [],
  )
})
