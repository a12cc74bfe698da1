import { readOptions } from './config.ts'
import { startDemoProvider } from './server.ts'

const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`)

try {
  const provider = await startDemoProvider(readOptions(process.env))
  say({ msg: 'listening', port: provider.port, url: provider.url })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => provider.close().then(() => say({ msg: 'stopped' })))
  }
} catch (error) {
  say({ msg: 'cannot start', error: (error as Error).message })
  process.exitCode = 1
}
