import { fileURLToPath } from 'node:url'
import type { Contender, Place } from './contender.ts'
import { startServer } from './server.ts'

const AUTHORIZATION = 'Authorization: Bearer sk-bench\r\n'

/** The provider itself: what the others are compared with. */
export function direct(mockUrl: string, pid: number): Contender {
  return { name: 'direct', baseUrls: [mockUrl], heads: [AUTHORIZATION], pids: { mock: pid } }
}

/** Starts the mock provider; answers its URL, with `/v1`. */
export async function startMock(
  place: Pick<Place, 'dir' | 'closing'>,
): Promise<{ url: string; pid: number }> {
  const { port, pid } = await startServer(
    {
      name: 'mock',
      command: process.execPath,
      args: () => [fileURLToPath(new URL('../mock/main.ts', import.meta.url))],
      side: 'load',
    },
    place,
  )
  return { url: `http://127.0.0.1:${port}/v1`, pid }
}

/** A proxy of a dozen lines of `node:http`. */
export async function startBare(place: Place): Promise<Contender> {
  const { port, pid } = await startServer(
    {
      name: 'bare',
      command: process.execPath,
      args: () => [fileURLToPath(new URL('bare.ts', import.meta.url))],
      env: { UPSTREAM: place.mockUrl },
      side: 'measured',
    },
    place,
  )
  return {
    name: 'bare node:http',
    baseUrls: [`http://127.0.0.1:${port}/v1`],
    heads: [AUTHORIZATION],
    pids: { gateway: pid },
  }
}
