import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Generates each service's Prisma client. Prisma's generator wants to download its schema engine although it does not use
 * it; naming any executable as the engine keeps this offline. (Migrations never go through it: see migrate.ts.)
 */
const root = join(import.meta.dirname, '..')
const prisma = join(root, 'node_modules', 'prisma', 'build', 'index.js')

for (const service of readdirSync(join(root, 'services'))) {
  const folder = join(root, 'services', service)
  if (!existsSync(join(folder, 'prisma', 'schema.prisma'))) continue
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [prisma, 'generate', '--no-hints', '--schema', 'prisma/schema.prisma'],
    {
      cwd: folder,
      encoding: 'utf8',
      env: {
        ...process.env,
        PRISMA_SCHEMA_ENGINE_BINARY: '/bin/true',
        CHECKPOINT_DISABLE: '1',
        PRISMA_HIDE_UPDATE_MESSAGE: '1',
      },
    },
  )
  if (status !== 0) {
    process.stderr.write(`prisma generate failed for services/${service}\n${stdout}${stderr}\n`)
    process.exit(1)
  }
}
