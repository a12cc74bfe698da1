import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PROJECT } from '@lectern/local/services.ts'
import type { CpuProfile } from './inspector.ts'

/** A function on the stack, below those that called it. */
export interface Call {
  name: string
  /** Milliseconds in it, and in all that it called. */
  selfMs: number
  totalMs: number
  calls: Call[]
}

// What is no work: waiting for something to do.
const WAITING = new Set(['(idle)', '(program)'])

/** The profile as one tree of calls, time by time; waiting is left out. */
export function callsOf({ nodes, samples, timeDeltas }: CpuProfile): Call {
  const selfMs = new Map<number, number>()
  samples.forEach((node, index) => {
    // A sample lasts until the next one.
    selfMs.set(node, (selfMs.get(node) ?? 0) + (timeDeltas[index + 1] ?? 0) / 1000)
  })
  const byId = new Map(nodes.map(node => [node.id, node]))
  const build = (id: number): Call => {
    const node = byId.get(id)
    const own = selfMs.get(id) ?? 0
    const children = (node?.children ?? []).filter(
      child => !WAITING.has(byId.get(child)?.callFrame.functionName ?? ''),
    )
    const calls = children.map(build)
    return {
      name: node ? nameOf(node.callFrame) : '',
      selfMs: own,
      totalMs: own + calls.reduce((sum, { totalMs }) => sum + totalMs, 0),
      calls: calls.filter(({ totalMs }) => totalMs > 0).toSorted((a, b) => b.totalMs - a.totalMs),
    }
  }
  return build(nodes[0]?.id ?? 0)
}

/** The functions in which most time is spent themselves, wherever they are called. */
export function hottest(root: Call, count: number): { name: string; selfMs: number }[] {
  const byName = new Map<string, number>()
  const visit = ({ name, selfMs, calls }: Call) => {
    byName.set(name, (byName.get(name) ?? 0) + selfMs)
    calls.forEach(visit)
  }
  visit(root)
  return [...byName]
    .map(([name, selfMs]) => ({ name, selfMs }))
    .toSorted((a, b) => b.selfMs - a.selfMs)
    .slice(0, count)
}

/** `write node:net:812`, `feed services/gateway/src/upstream/relay.ts:40`, `request undici/lib/api.js:7`. */
function nameOf({ functionName, url, lineNumber }: CpuProfile['nodes'][number]['callFrame']): string {
  const path = url.startsWith('file:') ? relative(PROJECT, fileURLToPath(url)) : url
  const short = path.split('node_modules/').at(-1)
  return `${functionName || '(anonymous)'}${short ? ` ${short}:${lineNumber + 1}` : ''}`
}
