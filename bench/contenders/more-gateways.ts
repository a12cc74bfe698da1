import { readFileSync } from 'node:fs'
import { readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort, onFreePort } from '@lectern/local/ports.ts'
import { startProcess } from '@lectern/local/process.ts'
import { pin } from '../machine/pin.ts'
import type { Place } from './contender.ts'
import type { LecternContender } from './lectern.ts'

/** Lectern with one more gateway; the other processes are the same. */
export async function withSecondGateway(
  contender: LecternContender,
  place: Place,
): Promise<LecternContender> {
  const { pid, baseUrl } = await startGateway(contender, place)
  const { gateway = 0, ...others } = contender.pids
  return {
    ...contender,
    name: `${contender.name}, two gateways`,
    baseUrls: [...contender.baseUrls, baseUrl],
    pids: { gateway, 'gateway 2': pid, ...others },
  }
}

/** Lectern with a new gateway instead of the one that has worked already. */
export async function withNewGateway(contender: LecternContender, place: Place): Promise<LecternContender> {
  const { pid, baseUrl } = await startGateway(contender, place)
  return { ...contender, baseUrls: [baseUrl], pids: { ...contender.pids, gateway: pid } }
}

/** Started as the first was. */
async function startGateway(
  contender: LecternContender,
  { dir, closing }: Place,
): Promise<{ pid: number; baseUrl: string }> {
  const first = contender.pids.gateway ?? 0
  const [command = '', ...args] = listOf(first, 'cmdline')
  const env = Object.fromEntries(listOf(first, 'environ').map(line => splitOnce(line)))
  const cwd = await readlink(`/proc/${first}/cwd`)
  const port = await freePort()
  const name = `gateway-${port}`
  const pid = await onFreePort(async opsPort => {
    const own = { PORT: String(port), OPS_PORT: String(opsPort), SPOOL_DIR: join(dir, `${name}-spool`) }
    const { pid, stop } = await startProcess({
      ...{ name, command, args, cwd, env: { ...env, ...own } },
      logFile: join(dir, `${name}.log`),
      pidFile: join(dir, `${name}.pid`),
      ready: async () => {
        const { ok, status } = await fetch(`http://127.0.0.1:${opsPort}/readyz`)
        if (!ok) throw new Error(`${status}`)
      },
    })
    closing.defer(() => stop())
    return pid
  })
  pin(pid, 'measured')
  return { pid, baseUrl: `http://127.0.0.1:${port}/v1` }
}

function listOf(pid: number, name: 'cmdline' | 'environ'): string[] {
  return readFileSync(`/proc/${pid}/${name}`, 'utf8').split('\0').filter(Boolean)
}

function splitOnce(line: string): [string, string] {
  const at = line.indexOf('=')
  return [line.slice(0, at), line.slice(at + 1)]
}
