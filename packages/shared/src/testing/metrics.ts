import { startOps } from '../ops.ts'
import type { Test } from './servers.ts'

/** The numbers of this process as Prometheus would read them. */
export async function startScraping(t: Test) {
  const ops = await startOps({ host: '127.0.0.1', port: 0, checks: {} })
  t.teardown(() => ops.close())
  const text = async () => (await fetch(`http://127.0.0.1:${ops.port}/metrics`)).text()
  return {
    text,
    /** The value of one line, by its name with the labels in any order; undefined where there is none. */
    async value(name: string, labels: Record<string, string> = {}): Promise<number | undefined> {
      const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
      const line = (await text())
        .split('\n')
        .find(line => /^[^{ ]+/.exec(line)?.[0] === name && wanted.every(part => line.includes(part)))
      return line === undefined ? undefined : Number(line.split(' ').at(-1))
    },
  }
}
