import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import t, { type Test } from 'tap'

const MAIN = new URL('../src/main.ts', import.meta.url).pathname

/** Starts the process; gives its first line. */
async function start(t: Test, env: Record<string, string>) {
  const child = spawn(process.execPath, [MAIN], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  const exited = once(child, 'exit')
  const [line] = await once(createInterface(child.stdout), 'line')
  return { child, exited, line: JSON.parse(line) }
}

t.test('prints the port that it chose, and stops within a second of an open stream', async t => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const { child, exited, line } = await start(t, {
      PORT: '0',
      DEMO_FIRST_TOKEN_MS: '0',
      DEMO_CHUNK_MS: '0',
    })
    t.match(line, { msg: 'listening', port: Number })
    const messages = [{ role: 'user', content: '[[demo: hang=stream]]' }]
    const response = await fetch(`http://127.0.0.1:${line.port}/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ model: 'demo-small', stream: true, messages }),
    })
    const broken = t.rejects(response.text())
    const askedAt = performance.now()
    child.kill(signal)
    t.same(await exited, [0, null])
    t.ok(performance.now() - askedAt < 1000)
    await broken
  }
})

t.test('names all faults of its environment, and a port that is taken', async t => {
  const faulty = await start(t, { PORT: '70000', DEMO_CHUNK_MS: 'fast' })
  t.match(faulty.line, { msg: 'cannot start', error: /PORT.*DEMO_CHUNK_MS/ })
  t.same(await faulty.exited, [1, null])

  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.teardown(() => taken.close())
  const { port } = taken.address() as { port: number }
  const refused = await start(t, { PORT: String(port) })
  t.match(refused.line, { msg: 'cannot start', error: new RegExp(`${port}.*PORT.*EADDRINUSE`) })
  t.same(await refused.exited, [1, null])
})
