import { setTimeout as delay } from 'node:timers/promises'
import type { Test } from '@lectern/shared/testing/servers.ts'

/** What stands in front of several processes of a service. */
export interface Balancer {
  /** Sends a request to one of those that are ready; rejects where it fails. The path is added to their addresses. */
  fetch(path: string, init?: RequestInit): Promise<Response>
  /** How many connections were refused, and the request sent to another one. */
  readonly refused: number
}

/** How often each process is asked whether it is ready. */
const PROBE_MS = 50

/**
 * A balancer that does what HAProxy does with `retry-on conn-failure`: it asks each process at `/readyz`, uses those that are
 * ready in turn, and sends only what has reached nobody to another one. All must be ready at the beginning.
 */
export async function createBalancer(t: Test, urls: readonly string[]): Promise<Balancer> {
  const ready = new Set<string>()
  const stopping = new AbortController()
  t.teardown(() => stopping.abort())
  let turn = 0
  let refused = 0

  async function probe(url: string): Promise<void> {
    if ((await readiness(url)) === 200) ready.add(url)
    else ready.delete(url)
  }
  async function watch(url: string): Promise<void> {
    while (!stopping.signal.aborted) {
      await probe(url)
      await delay(PROBE_MS, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }
  await Promise.all(urls.map(probe))
  if (ready.size < urls.length) throw new Error(`ready are only ${[...ready]} of ${urls}`)
  for (const url of urls) void watch(url)

  async function send(path: string, init: RequestInit, except?: string): Promise<Response> {
    const able = urls.filter(url => ready.has(url) && url !== except)
    const url = able[turn++ % able.length]
    if (url === undefined) throw new Error(`nobody is ready for ${path}`)
    try {
      return await fetch(url + path, init)
    } catch (error) {
      if (!isRefusal(error) || except !== undefined) throw error
      refused += 1
      return send(path, init, url)
    }
  }

  return {
    fetch: (path, init = {}) => send(path, init),
    get refused() {
      return refused
    },
  }
}

/** The status of `/readyz`, on a connection of its own; null where nobody listens. */
export async function readiness(url: string): Promise<number | null> {
  try {
    const answer = await fetch(`${url}/readyz`, { headers: { connection: 'close' } })
    await answer.text()
    return answer.status
  } catch {
    return null
  }
}

/** Whether nobody listened: such a request has reached nobody. */
function isRefusal(error: unknown): boolean {
  const { cause } = error as { cause?: { code?: unknown } }
  return cause?.code === 'ECONNREFUSED'
}
