import { once } from 'node:events'
import { createServer } from 'node:net'
import t from 'tap'
import { freePort, isFree, onFreePort } from '../src/ports.ts'
import { ProcessDied } from '../src/process.ts'

const taken = () => new ProcessDied('server', 'exit code 1', 'bind: Address already in use')

t.test('tells a free port from a taken one', async t => {
  const port = await freePort()
  t.equal(await isFree(port), true)
  const server = createServer().listen(port, '127.0.0.1')
  await once(server, 'listening')
  t.equal(await isFree(port), false)
  server.close()
})

t.test('tries another port when somebody was faster', async t => {
  const tried: number[] = []
  const started = await onFreePort(async port => {
    tried.push(port)
    if (tried.length < 3) throw taken()
    return port
  })
  t.equal(started, tried[2])
  t.equal(new Set(tried).size, 3)
})

t.test(
  'gives up after some tries, at once for another error, and at once on a port that was ordered',
  async t => {
    let tries = 0
    const failing = (error: Error) => async () => {
      tries += 1
      throw error
    }
    await t.rejects(onFreePort(failing(taken())), ProcessDied)
    t.equal(tries, 5)
    await t.rejects(onFreePort(failing(new Error('no disk'))), { message: 'no disk' })
    await t.rejects(onFreePort(failing(taken()), 4222), ProcessDied)
    t.equal(tries, 7)
  },
)
