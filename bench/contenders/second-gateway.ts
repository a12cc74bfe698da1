import { readFileSync } from 'node:fs'
import { readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort, onFreePort } from '@lectern/local/ports.ts'
import { startProcess } from '@lectern/local/process.ts'
import { pin } from '../machine/pin.ts'
import type { Place } from './contender.ts'
import type { LecternContender } from './lectern.ts'

/** Lectern with one more gateway, started as the first was; the other processes are the same. */
export async function withSecondGateway(
  contender: LecternContender,
  { dir, closing }: Place,
): Promise<LecternContender> {
  const first = contender.pids.gateway ?? 0
  const [command = '', ...args] = listOf(first, 'cmdline')
  const env = Object.fromEntries(listOf(first, 'environ').map(line => splitOnce(line)))
  const cwd = await readlink(`/proc/${first}/cwd`)
  const port = await freePort()
  const pid = await onFreePort(async opsPort => {
    const own = { PORT: String(port), OPS_PORT: String(opsPort), SPOOL_DIR: join(dir, 'second-spool') }
    const { pid, stop } = await startProcess({
      name: 'second-gateway',
      command,
      args,
      cwd,
      env: { ...env, ...own },
      logFile: join(dir, 'second-gateway.log'),
      pidFile: join(dir, 'second-gateway.pid'),
      ready: async () => {
        const { ok, status } = await fetch(`http://127.0.0.1:${opsPort}/readyz`)
        if (!ok) throw new Error(`${status}`)
      },
    })
    closing.defer(() => stop())
    return pid
  })
  pin(pid, 'gateway')
  const { gateway = 0, ...others } = contender.pids
  return {
    ...contender,
    name: `${contender.name}, two gateways`,
    baseUrls: [...contender.baseUrls, `http://127.0.0.1:${port}/v1`],
    pids: { gateway, 'gateway 2': pid, ...others },
  }
}

function listOf(pid: number, name: 'cmdline' | 'environ'): string[] {
  return readFileSync(`/proc/${pid}/${name}`, 'utf8').split('\0').filter(Boolean)
}

function splitOnce(line: string): [string, string] {
  const at = line.indexOf('=')
  return [line.slice(0, at), line.slice(at + 1)]
}
