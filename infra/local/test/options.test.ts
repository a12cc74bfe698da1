import { resolve } from 'node:path'
import t from 'tap'
import { readOptions, UserError } from '../src/options.ts'

t.test('the defaults', async t => {
  t.match(readOptions([], {}), {
    home: resolve('.lectern'),
    demo: true,
    verbose: false,
    trace: false,
    port: 8080,
    consolePort: 8081,
  })
})

t.test('what the environment and the arguments say', async t => {
  const env = {
    PORT: '9000',
    LECTERN_HOME: '/tmp/x',
    LECTERN_PROVIDERS: 'p.yaml',
    REDIS_URL: 'redis://r',
    NATS_URL: '',
  }
  t.match(readOptions(['--no-demo', '--verbose', '--trace'], env), {
    home: '/tmp/x',
    demo: false,
    verbose: true,
    trace: true,
    port: 9000,
    consolePort: 9001,
    providersFile: resolve('p.yaml'),
    redisUrl: 'redis://r',
    natsUrl: undefined,
  })
  t.match(readOptions([], { PORT: '0' }), { port: 0, consolePort: 0 })
  t.match(readOptions([], { CONSOLE_PORT: '7' }), { port: 8080, consolePort: 7 })
})

t.test('a mistake is named, with the usage for a wrong argument', async t => {
  t.throws(() => readOptions([], { PORT: 'http' }), { message: 'PORT must be a port number, but is "http"' })
  t.throws(() => readOptions([], { CONSOLE_PORT: '70000' }), UserError)
  t.throws(() => readOptions([], { PORT: '65535' }), { message: /CONSOLE_PORT must be/ })
  t.throws(() => readOptions([], { PORT: '9000', CONSOLE_PORT: '9000' }), UserError)
  t.throws(() => readOptions(['--nodemo'], {}), { message: /'--nodemo'.*\n\n.*--no-demo/s })
})
