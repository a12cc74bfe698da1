import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cached, command } from './cache.ts'
import type { Contender, Place } from './contender.ts'
import { startServer } from './server.ts'

const VERSION = '1.15.2'
const NODE = '24.21.0'
/** As in Portkey's own lock file: with the newest ones its streams answer 500 (its issue 1389). */
const LOCKED = { hono: '4.9.7', '@hono/node-server': '1.13.5', '@hono/node-ws': '1.2.0', ws: '8.18.3' }

/** Portkey's gateway, from npm. Without its pages, which would cost it more. */
export async function startPortkey(place: Place): Promise<Contender> {
  const folder = await cached(`portkey-${VERSION}`, install)
  const { port, pid } = await startServer(
    {
      name: 'portkey',
      command: join(folder, 'node_modules', 'node', 'bin', 'node'),
      args: port => [
        ...['--import', fileURLToPath(new URL('loopback.ts', import.meta.url))],
        join(folder, 'node_modules', '@portkey-ai', 'gateway', 'build', 'start-server.js'),
        ...['--headless', `--port=${port}`],
      ],
      env: { NODE_ENV: 'production' },
      side: 'measured',
    },
    place,
  )
  return {
    name: `Portkey ${VERSION}`,
    baseUrls: [`http://127.0.0.1:${port}/v1`],
    heads: [
      `Authorization: Bearer sk-bench\r\nx-portkey-provider: openai\r\nx-portkey-custom-host: ${place.mockUrl}\r\n`,
    ],
    pids: { gateway: pid },
  }
}

async function install(folder: string): Promise<void> {
  const dependencies = { '@portkey-ai/gateway': VERSION, node: NODE }
  await writeFile(
    join(folder, 'package.json'),
    JSON.stringify({ private: true, dependencies, overrides: LOCKED }),
  )
  await command(folder, 'npm', 'install', '--no-audit', '--no-fund', '--ignore-scripts')
  // The one script that is needed: it takes the binary of this machine.
  await command(folder, 'npm', 'rebuild', 'node')
}
